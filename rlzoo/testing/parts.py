"""What each slot's part has to give back: shapes, number types, ranges."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import torch

from rlzoo.contracts import Transition
from rlzoo.testing.case import ENVS, SEEDS, Case, filled, started
from rlzoo.testing.verdict import demand
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

STEPS = 5
"""Of an optimizer."""


def _weighed(runner: Runner, size: int) -> np.ndarray:
    """Any values to choose by, `[L, size, A]`, or `[L, size, A, K]` for a policy that sees heads."""
    heads = (runner.parts.objective.outputs,) if runner.parts.exploration.sees == "heads" else ()
    shape = (len(runner.seeds), size, int(runner.environment.action_space.n), *heads)
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def _lane_batch(runner: Runner) -> tuple[int, int]:
    return len(runner.seeds), runner.train.envs


def _expect(what: str, got: Any, expected: tuple[int, ...]) -> None:
    demand(tuple(got.shape) == expected, f"{what} has shape {tuple(got.shape)}, not {expected}")


def buffer_shapes(runner: Runner) -> None:
    """`sample` gives `[L, B, ...]` everywhere, weights and index too."""
    batch = filled(runner)
    lanes, size = len(runner.seeds), batch.action.shape[1]
    observed = runner.environment.observation_space.shape or ()
    for name in ("action", "reward", "discount", "terminated", "index", "weight"):
        _expect(f"`{name}` of a batch", getattr(batch, name), (lanes, size))
    for name in ("observation", "next_observation"):
        _expect(f"`{name}` of a batch", getattr(batch, name), (lanes, size, *observed))
    demand(len(runner.parts.buffer) >= 1, "`len()` is how many transitions a lane holds")
    runner.parts.buffer.feedback(batch.index, torch.ones(lanes, size))
    _add_and_compare(runner)


def _add_and_compare(runner: Runner) -> None:
    """What a buffer is given belongs to others, too, who count returns by it."""
    buffer = runner.parts.buffer
    add = buffer.add

    def watched(given: Transition) -> None:
        before = copy.deepcopy(given)
        add(given)
        for field in dataclasses.fields(given):
            same = _equal(getattr(given, field.name), getattr(before, field.name))
            demand(same, f"`add` writes into the transition's `{field.name}`, which others read after it")

    with mock.patch.object(buffer, "add", watched):
        runner.step()


def _equal(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other is None or np.asarray(one).tobytes() == np.asarray(other).tobytes()


def network_shapes(runner: Runner) -> None:
    """Q values are `[L, N, A]`, float32, and every lane has its own initial weights."""
    lanes, envs = _lane_batch(runner)
    actions = int(runner.environment.action_space.n)
    q = runner.learner.q(np.zeros((lanes, envs, *(runner.environment.observation_space.shape or ())), _kept(runner)))
    _expect("q", q, (lanes, envs, actions))
    demand(q.dtype == np.float32, f"q is {q.dtype}, not float32")


def _kept(runner: Runner) -> Any:
    dtype = runner.environment.observation_space.dtype
    return np.float32 if np.issubdtype(dtype, np.floating) else dtype


def exploration_shapes(runner: Runner) -> None:
    """Actions are `[L, N]` integers within range; probabilities sum to 1."""
    lanes, envs = _lane_batch(runner)
    runner.step()  # so that the policy has seen where it is
    q, policy = _weighed(runner, envs), runner.parts.exploration
    action = policy.act(q, runner.clock)
    _expect("act(q)", action, (lanes, envs))
    demand(action.dtype.kind == "i", f"actions are {action.dtype}, not integers")
    demand((action >= 0).all(), "an action is negative")
    demand((action < q.shape[2]).all(), f"an action is beyond the last, {q.shape[2] - 1}")
    chances = policy.probabilities(_weighed(runner, 5), runner.clock)
    _expect("probabilities(q)", chances, (lanes, 5, q.shape[2]))
    demand(np.allclose(chances.sum(-1), 1), "probabilities do not sum to 1")


def target_shapes(runner: Runner) -> None:
    """The target starts equal to the online parameters, leaf by leaf, and keeps their shapes."""
    learner = runner.learner
    for name, leaf in learner.online.items():
        demand(name in learner.target, f"`start` leaves out `{name}`")
        demand(torch.equal(learner.target[name], leaf), f"the target does not start equal to the online `{name}`")
    filled(runner)
    for name, leaf in learner.online.items():
        _expect(f"target `{name}`", learner.target[name], tuple(leaf.shape))


def objective_shapes(runner: Runner) -> None:
    """Loss and TD error are `[L, B]`; the loss has a gradient, the error none."""
    batch, learner = filled(runner), runner.learner
    target = {name: leaf.detach() for name, leaf in learner.target.items()}
    loss, error = runner.parts.objective(learner.predict, learner.online, target, batch)
    _expect("the loss", loss, tuple(batch.action.shape))
    _expect("the TD error", error, tuple(batch.action.shape))
    demand(loss.requires_grad, "the loss has no gradient")
    demand(not error.requires_grad, "the TD error carries a gradient: return it detached")


def optimizer_shapes(runner: Runner) -> None:
    """A few steps with a gradient change the parameters of every lane, in place; a rate may rise from 0."""
    row = runner.learner.row
    before = row.clone()
    for _ in range(STEPS):
        row.grad = torch.ones_like(row)
        runner.parts.optimizer.step(runner.clock)
        runner.clock.steps += 1
        runner.clock.updates += 1
    demand((row != before).any(1).all(), f"{STEPS} steps left the parameters of some lane as they were")


def environment_shapes(runner: Runner) -> None:
    """Observations, rewards and ends are `[L, N, ...]`; the arrays of one step are not written to by the next."""
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
        demand(np.array_equal(array, before), "a step writes into arrays that an earlier one returned")


SHAPES: dict[str, Callable[[Runner], None]] = {
    "buffer": buffer_shapes,
    "network": network_shapes,
    "exploration": exploration_shapes,
    "target": target_shapes,
    "objective": objective_shapes,
    "optimizer": optimizer_shapes,
    "environment": environment_shapes,
}
"""What to look at in each slot."""


def check_shapes(case: Case) -> None:
    """What the component returns has the right shapes for 1 and 3 lanes, 1 and 4 environments."""
    with one_thread():
        for seeds in (SEEDS[:1], SEEDS):
            for envs in ENVS:
                SHAPES[case.slot](started(case.composition(envs), seeds if case.composition().lockstep else seeds[:1]))
