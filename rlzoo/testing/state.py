"""State can leave and return: parts say what they remember, environments begin again from a seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from rlzoo.contracts import Composition, Environment
from rlzoo.testing.case import SEEDS, Case, Outcome, started
from rlzoo.testing.verdict import demand
from rlzoo.training.assembly import assemble
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

STEPS = 61
"""Vector steps before the state is taken: in the middle of episodes, a ring that wraps around, and between updates."""


def check_state(case: Case) -> None:
    """A new instance that is given the state goes on just as the old one; state is plain data."""
    composition = case.composition()
    with one_thread():
        seeds = SEEDS if composition.lockstep else SEEDS[:1]
        kept, replaced = _advanced(composition, seeds), _advanced(composition, seeds)
        state = _copied(getattr(replaced.parts, case.slot).state(), "state()")
        _replace(replaced, case.slot, state)
        expected, got = _continued(kept), _continued(replaced)
        for seed, outcome in expected.items():
            demand(
                outcome.same(got[seed]),
                "after state() and load_state() the run goes on otherwise: something it remembers is not in state()",
            )


def check_begun_again(case: Case) -> None:
    """An episode that is begun again from its seed and gets the same actions goes the same way."""
    environment = started(case.composition(), SEEDS[:1]).environment
    first = _episode(environment, seed=5)
    _episode(environment, seed=6)
    demand(
        all(map(np.array_equal, first, _episode(environment, seed=5))),
        "an episode begun again from its seed, with the same actions, went otherwise: reset(seed) leaves something of "
        "the episode before, or something is drawn from elsewhere",
    )
    environment.close()


def _episode(environment: Environment, seed: int) -> list[np.ndarray]:
    everywhere, actions = np.ones((1, 1), np.bool_), int(environment.action_space.n)
    seen = [environment.reset(everywhere, np.full((1, 1), seed))]
    for step in range(40):
        observation, reward, terminated, truncated = environment.step(np.full((1, 1), step % actions))
        seen += [observation, reward, terminated, truncated]
        if terminated.any() or truncated.any():
            break
    return seen


def _advanced(composition: Composition, seeds: Sequence[int]) -> Runner:
    runner = started(composition, seeds)
    for _ in range(STEPS):
        runner.step()
    return runner


def _replace(runner: Runner, slot: str, state: Mapping[str, Any]) -> None:
    """Put a newly built part with that state in the place of the runner's own."""
    built = assemble(runner.composition, runner.seeds, runner.environment, runner.clock, torch.device("cpu"))
    built.rngs[slot].load_state(_copied(runner.parts.rngs[slot].state(), "rng"))
    part = getattr(built, slot)
    runner.parts = runner.collector.parts = dataclasses.replace(runner.parts, **{slot: part})
    if slot in ("objective", "optimizer", "target"):
        setattr(runner.learner, "updater" if slot == "target" else slot, part)
    if slot == "optimizer":
        part.start({"parameters": runner.learner.row})
    part.load_state(state)


def _continued(runner: Runner) -> dict[int, Outcome]:
    while not runner.finished:
        runner.step()
    return {seed: Outcome([], weights) for seed, weights in runner.weights().items()}


def _copied(value: Any, where: str) -> Any:
    """A copy of plain data. Raises Broken for anything that JSON and arrays cannot hold."""
    if isinstance(value, Mapping):
        demand(all(isinstance(key, str) for key in value), f"{where} has a key that is no string")
        return {key: _copied(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        return value.copy()
    plain = value is None or isinstance(value, bool | int | float | str | np.generic)
    demand(plain, f"{where} is a {type(value).__name__}; state is arrays, numbers, strings, and dictionaries of them")
    return value
