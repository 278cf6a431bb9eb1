"""State can be saved and loaded, and an episode can be repeated from its seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from rlzoo.contracts import Composition, Environment
from rlzoo.testing.case import SEEDS, Case, Outcome, started
from rlzoo.testing.verdict import require
from rlzoo.training.assembly import assemble
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

STEPS = 61
"""Vector steps before the state is saved: mid-episode, after the ring buffer has wrapped, and between updates."""


def check_state(case: Case) -> None:
    """A new instance that loads the state continues exactly like the old one; the state is plain data."""
    composition = case.composition()
    with one_thread():
        seeds = SEEDS if composition.lockstep else SEEDS[:1]
        kept, replaced = _advanced(composition, seeds), _advanced(composition, seeds)
        state = plain_copy(getattr(replaced.parts, case.slot).state(), "state()")
        _replace(replaced, case.slot, state)
        expected, got = _continued(kept), _continued(replaced)
        for seed, outcome in expected.items():
            require(
                outcome.same(got[seed]),
                "after state() and load_state() the run continues differently: something is missing from state()",
            )


def check_repeated_episode(case: Case) -> None:
    """An episode repeated with the same seed and actions is identical."""
    environment = started(case.composition(), SEEDS[:1]).environment
    first = _episode(environment, seed=5)
    _episode(environment, seed=6)
    require(
        all(map(np.array_equal, first, _episode(environment, seed=5))),
        "an episode repeated with the same seed and actions differs: reset(seed) keeps state of the previous episode, "
        "or random numbers come from another generator",
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
    """Replace the runner's part with a newly built one that loads the state."""
    built = assemble(runner.composition, runner.seeds, runner.environment, runner.clock, torch.device("cpu"))
    built.rngs[slot].load_state(plain_copy(runner.parts.rngs[slot].state(), "rng"))
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


def plain_copy(value: Any, where: str) -> Any:
    """Copy plain data. Raises RuleBroken for anything but arrays, numbers, strings, lists and dictionaries."""
    if isinstance(value, Mapping):
        require(all(isinstance(key, str) for key in value), f"{where} has a key that is not a string")
        return {key: plain_copy(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_copy(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        return value.copy()
    plain = value is None or isinstance(value, bool | int | float | str | np.generic)
    require(plain, f"{where} is a {type(value).__name__}; use arrays, numbers, strings, and dictionaries of them")
    return value
