"""The shapes, dtypes and ranges that the component of each slot must return."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

import numpy as np
import torch

from rlzoo.contracts import Transition
from rlzoo.testing.case import ENVS, SEEDS, Case, filled, started
from rlzoo.testing.recording import recorded_columns, returned_columns
from rlzoo.testing.verdict import require
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

STEPS = 5
"""Number of optimizer steps."""


def _random_q(runner: Runner, size: int) -> np.ndarray:
    """Random Q values `[L, size, A]`, or `[L, size, A, K]` for a policy that receives heads; or actions, for others."""
    heads = (runner.parts.objective.outputs,) if runner.parts.exploration.sees == "heads" else ()
    per_step = (runner.environment.action_space.shape or ()) if _continuous(runner) else (_actions(runner), *heads)
    shape = (len(runner.seeds), size, *per_step)
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def _continuous(runner: Runner) -> bool:
    return runner.parts.objective.continuous


def _actions(runner: Runner) -> int:
    """The actions that the network values."""
    return int(getattr(runner.environment.action_space, "n", 1))


def _lane_batch(runner: Runner) -> tuple[int, int]:
    return len(runner.seeds), runner.train.envs


def _expect(what: str, got: Any, expected: tuple[int, ...]) -> None:
    require(tuple(got.shape) == expected, f"{what} has shape {tuple(got.shape)}, not {expected}")


def buffer_shapes(runner: Runner) -> None:
    """`sample` gives `[L, B, ...]` everywhere, weights and index too, and sequences a time axis after these."""
    batch, length = filled(runner), runner.parts.objective.length
    lanes, size = len(runner.seeds), batch.index.shape[1]
    steps = (lanes, size) if length == 1 else (lanes, size, length)
    observed = runner.environment.observation_space.shape or ()
    for name in ("index", "weight"):
        _expect(f"`{name}` of a batch", getattr(batch, name), (lanes, size))
    for name in ("action", "reward", "discount", "terminated", "truncated"):
        _expect(f"`{name}` of a batch", getattr(batch, name), steps)
    for name in ("observation", "next_observation"):
        _expect(f"`{name}` of a batch", getattr(batch, name), (*steps, *observed))
    require(len(runner.parts.buffer) >= 1, "`len()` must be the number of transitions per lane")
    runner.parts.buffer.feedback(batch.index, torch.ones(lanes, size))
    _add_and_compare(runner)
    returned_columns(runner)


def _add_and_compare(runner: Runner) -> None:
    """`add` must not modify its argument, which is used later to count returns."""
    buffer = runner.parts.buffer
    add = buffer.add

    def watched(given: Transition) -> None:
        before = copy.deepcopy(given)
        add(given)
        for field in dataclasses.fields(given):
            same = _equal(getattr(given, field.name), getattr(before, field.name))
            require(same, f"`add` modifies the transition's `{field.name}`, which is used after the call")

    with mock.patch.object(buffer, "add", watched):
        runner.step()


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    return np.asarray(one).tobytes() == np.asarray(other).tobytes()


def network_shapes(runner: Runner) -> None:
    """Q values are `[L, N, A]`, float32."""
    lanes, envs = _lane_batch(runner)
    q = runner.learner.q(
        np.zeros((lanes, envs, *(runner.environment.observation_space.shape or ())), _stored_dtype(runner))
    )
    _expect("q", q, (lanes, envs, _actions(runner)))
    require(q.dtype == np.float32, f"q is {q.dtype}, not float32")


def _stored_dtype(runner: Runner) -> Any:
    dtype = runner.environment.observation_space.dtype
    return np.float32 if np.issubdtype(dtype, np.floating) else dtype


def exploration_shapes(runner: Runner) -> None:
    """Actions are `[L, N]` integers within range, or floats within bounds; probabilities sum to 1."""
    lanes, envs = _lane_batch(runner)
    recorded_columns(runner, runner.parts.exploration)  # takes a step, so the policy has observed the environments
    q, policy = _random_q(runner, envs), runner.parts.exploration
    action = policy.act(q, runner.clock)
    if _continuous(runner):
        space = runner.environment.action_space
        _expect("act(q)", action, (lanes, envs, *(space.shape or ())))
        require(action.dtype == np.float32, f"actions are {action.dtype}, not float32")
        require(all(map(space.contains, action.reshape(-1, *(space.shape or ())))), "an action is out of bounds")
        return
    _expect("act(q)", action, (lanes, envs))
    require(action.dtype.kind == "i", f"actions are {action.dtype}, not integers")
    require((action >= 0).all(), "an action is negative")
    require((action < q.shape[2]).all(), f"an action exceeds the last, {q.shape[2] - 1}")
    probabilities = policy.probabilities(_random_q(runner, 5), runner.clock)
    _expect("probabilities(q)", probabilities, (lanes, 5, q.shape[2]))
    require(np.allclose(probabilities.sum(-1), 1), "probabilities do not sum to 1")


def target_shapes(runner: Runner) -> None:
    """The target parameters start equal to the online parameters and keep their shapes."""
    learner = runner.learner
    for name, leaf in learner.online.items():
        require(name in learner.target, f"`start` leaves out `{name}`")
        require(torch.equal(learner.target[name], leaf), f"the target does not start equal to the online `{name}`")
    filled(runner)
    for name, leaf in learner.online.items():
        _expect(f"target `{name}`", learner.target[name], tuple(leaf.shape))


def objective_shapes(runner: Runner) -> None:
    """Loss and TD error are `[L, B]`; the loss has a gradient, the error is detached; columns are as declared."""
    recorded_columns(runner, runner.parts.objective)
    batch, learner = filled(runner), runner.learner
    target = {name: leaf.detach() for name, leaf in learner.target.items()}
    loss, error = runner.parts.objective(learner.predict, learner.online, target, batch)
    _expect("the loss", loss, tuple(batch.index.shape))
    _expect("the TD error", error, tuple(batch.index.shape))
    require(loss.requires_grad, "the loss has no gradient")
    require(not error.requires_grad, "the TD error carries a gradient: return it detached")


def optimizer_shapes(runner: Runner) -> None:
    """A few steps update the parameters of every lane in place; the learning rate may start at 0."""
    row = runner.learner.row
    before = row.clone()
    for _ in range(STEPS):
        row.grad = torch.ones_like(row)
        runner.parts.optimizer.step(runner.clock)
        runner.clock.steps += 1
        runner.clock.updates += 1
    require((row != before).any(1).all(), f"{STEPS} steps did not change the parameters of every lane")


def intervention_shapes(runner: Runner) -> None:
    """An intervention leaves padding at zero, names and shapes as they are, and weights and moments finite."""
    learner, intervention = runner.learner, runner.parts.intervention
    filled(runner)
    while not runner.clock.updates:
        runner.step()
    shapes = {name: leaf.shape for name, leaf in learner.online.items()}
    learner.intervene(intervention, runner.parts.initial_weights)
    require({name: leaf.shape for name, leaf in learner.online.items()} == shapes, "`intervene` changes shapes")
    for row in (learner.row, *runner.parts.optimizer.moments()):
        require(bool(row.isfinite().all()), "`intervene` leaves numbers that are not finite")


def environment_shapes(runner: Runner) -> None:
    """Observations, rewards and flags are `[L, N, ...]`; a step does not modify arrays returned earlier."""
    lanes, envs = _lane_batch(runner)
    environment, shape = runner.environment, runner.environment.observation_space.shape or ()
    action = np.zeros((lanes, envs), np.int64)
    first = environment.step(action)
    kept = [array.copy() for array in first]
    _expect("the observation", first[0], (lanes, envs, *shape))
    for name, array in zip(("the reward", "terminated", "truncated"), first[1:], strict=True):
        _expect(name, array, (lanes, envs))
    environment.reset(first[2] | first[3], runner.collector.episode_seeds.current)
    environment.step(action)
    for array, before in zip(first, kept, strict=True):
        require(np.array_equal(array, before), "`step` modifies arrays that it returned earlier")


SHAPES: dict[str, Callable[[Runner], None]] = {
    "buffer": buffer_shapes,
    "network": network_shapes,
    "exploration": exploration_shapes,
    "target": target_shapes,
    "objective": objective_shapes,
    "optimizer": optimizer_shapes,
    "intervention": intervention_shapes,
    "environment": environment_shapes,
}
"""The check of each slot."""


def check_shapes(case: Case) -> None:
    """The component returns the right shapes for 1 and 3 lanes, and for 1 and 4 environments."""
    with one_thread():
        for seeds in (SEEDS[:1], SEEDS):
            for envs in ENVS:
                SHAPES[case.slot](started(case.composition(envs), seeds if case.composition().lockstep else seeds[:1]))
