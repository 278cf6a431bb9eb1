"""What the tests of this package build parts from, and an environment whose every step is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Discrete

from rlzoo.contracts import BuildSpec, Column, Transition
from rlzoo.lanes.rng import LaneRng
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner

NEXT_ACTION = (Column("next_action", (), "int64"),)
CATALOG = installed()


class Clocked(gymnasium.Env[np.ndarray, int]):
    """Observes (the episode's seed % 10,000, time); rewards the time plus a tenth of the action; five steps long."""

    observation_space, action_space = Box(-1, 1e4, (2,)), Discrete(3)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        self.seed, self.time = (seed or 0) % 10_000, 0
        return self._observe(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.time += 1
        return self._observe(), self.time + action / 10, False, self.time == 5, {}

    def _observe(self) -> np.ndarray:
        return np.array([self.seed, self.time], np.float32)


gymnasium.register("rlzoo-articles-tests/Clocked-v0", Clocked)


def make_spec(**more: Any) -> BuildSpec:
    """A `BuildSpec` for two lanes, numbered observations and three actions."""
    values = {
        "observation_space": Discrete(9_999),
        "action_space": Discrete(3),
        "lanes": 2,
        "envs": 1,
        "device": torch.device("cpu"),
        "rng": LaneRng(range(2), "test"),
        "steps": 1_000,
    }
    return BuildSpec(**values | more)


def make_transition(first: int, envs: int = 1) -> Transition:
    """A vector step of two lanes, whose transitions are numbered from `first` on; lane 1's are 1000 higher."""
    number = 1000 * np.arange(2)[:, None] + np.arange(first, first + envs)  # [L, N]
    never = np.zeros(number.shape, np.bool_)
    return Transition(number, number % 3, number.astype(np.float32), number + 1, never, never)


def make_runner(algorithm: str, settings: dict[str, Any], seeds: Sequence[int] = (0, 1), **components: str) -> Runner:
    """A runner in `Clocked` that has not begun."""
    composition = compose(CATALOG, algorithm, components, settings, "rlzoo-articles-tests/Clocked-v0")
    return Runner(composition, seeds, torch.device("cpu"))


def watch(runner: Runner) -> list[Transition]:
    """Every transition that reaches the buffer from now on."""
    seen: list[Transition] = []
    add = runner.parts.buffer.add

    def spy(transition: Transition) -> None:
        seen.append(transition)
        add(transition)

    runner.parts.buffer.add = spy  # type: ignore[method-assign]
    return seen
