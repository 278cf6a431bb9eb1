"""Environments whose every step is known, registered as `rlzoo-tests/...`, and short ways to build and run parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Discrete, Space

from rlzoo.contracts import Batch, BuildSpec, Column, Transition
from rlzoo.lanes.rng import LaneRng
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.training.runner import Runner

CATALOG = Catalog(Plugins())


class OneState(gymnasium.Env[int, int]):
    """Reward 1 at every step, in a single state; an episode ends after `length` steps, in the way told."""

    observation_space, action_space = Discrete(1), Discrete(2)

    def __init__(self, length: int, ends: str) -> None:
        self.length, self.ends = length, ends

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        self.time = 0
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.time += 1
        over = self.time == self.length
        return 0, 1.0, over and self.ends == "terminated", over and self.ends == "truncated", {}


class Counting(gymnasium.Env[np.ndarray, int]):
    """Observes (episode's seed % 10,000, time); the reward of a step is its time plus a tenth of the action."""

    observation_space, action_space = Box(-1, 1e4, (2,)), Discrete(3)

    def __init__(self, length: int = 5, ends: str = "truncated") -> None:
        self.length, self.ends = length, ends

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        self.seed, self.time = (seed or 0) % 10_000, 0
        return self._observe(), {}

    def _observe(self) -> np.ndarray:
        return np.array([self.seed, self.time], np.float32)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.time += 1
        over = self.time == self.length
        ends = over and self.ends == "terminated", over and self.ends == "truncated"
        return self._observe(), self.time + action / 10, *ends, {}


class Random(gymnasium.Env[np.ndarray, int]):
    """Normal observations and rewards; ends with chance `p`; rewards are huge from step `at` if the seed is odd."""

    observation_space, action_space = Box(-np.inf, np.inf, (3,)), Discrete(2)

    def __init__(self, p: float = 0.1, explode_at: int | None = None) -> None:
        self.p, self.explode_at = p, explode_at

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.odd, self.time = bool((seed or 0) % 2), 0
        return self._observe(), {}

    def _observe(self) -> np.ndarray:
        return self.np_random.normal(size=3).astype(np.float32)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.time += 1
        explodes = self.odd and self.explode_at is not None and self.time >= self.explode_at
        reward = 1e30 if explodes else float(self.np_random.normal()) + action
        return self._observe(), reward, bool(self.np_random.random() < self.p), False, {}


class Shifted(gymnasium.Env[int, int]):
    """States 5 to 8 and actions -1 to 1, which move; refuses any other action."""

    observation_space, action_space = Discrete(4, start=5), Discrete(3, start=-1)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        self.state = 5
        return self.state, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), action
        self.state = min(max(self.state + action, 5), 8)
        return self.state, float(self.state == 8), self.state == 8, False, {}


class Images(gymnasium.Env[np.ndarray, int]):
    """Random images of bytes."""

    observation_space, action_space = Box(0, 255, (6, 6, 3), np.uint8), Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        return self._observe(), {}

    def _observe(self) -> np.ndarray:
        return self.np_random.integers(0, 256, (6, 6, 3)).astype(np.uint8)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        return self._observe(), float(action), bool(self.np_random.random() < 0.2), False, {}


class Faulty(gymnasium.Env[np.ndarray, int]):
    """Does what no environment may, in step `at` of the episode with seed `seed`."""

    observation_space, action_space = Box(-1, 1, (2,)), Discrete(2)

    def __init__(self, fault: str, at: int, seed: int | None = None) -> None:
        self.fault, self.at, self.bad_seed = fault, at, seed

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        self.time, self.bad = 0, self.bad_seed in (None, seed)
        return np.zeros(3 if self.at == 0 and self.bad else 2, np.float32), {}

    def step(self, action: int) -> tuple[Any, ...]:
        self.time += 1
        result = np.zeros(2, np.float32), 0.0, False, False, {}
        return self._broken(result) if self.bad and self.time == self.at else result

    def _broken(self, result: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.fault == "raise":
            raise RuntimeError("the cable is loose")
        broken: dict[str, tuple[Any, ...]] = {
            "nan": (np.array([0.0, np.nan]), *result[1:]),
            "shape": (np.zeros(3), *result[1:]),
            "text": ("no numbers", *result[1:]),
            "reward": (result[0], float("nan"), *result[2:]),
            "rewards": (result[0], [1.0, 2.0], *result[2:]),
            "four": result[:4],
        }
        return broken[self.fault]


for _class in (OneState, Counting, Random, Shifted, Images, Faulty):
    gymnasium.register(f"rlzoo-tests/{_class.__name__}-v0", _class)


def make_spec(
    observation: Space[Any] | None = None, actions: int = 3, lanes: int = 2, envs: int = 1, **more: Any
) -> BuildSpec:
    """A `BuildSpec` for observations in `Box(4)` and `lanes` lanes with the seeds 0, 1, ..."""
    values: dict[str, Any] = {
        "observation_space": Box(-1, 1, (4,)) if observation is None else observation,
        "action_space": Discrete(actions),
        "device": torch.device("cpu"),
        "rng": LaneRng(range(lanes), "test"),
        "steps": 1_000,
    }
    return BuildSpec(lanes=lanes, envs=envs, **values | more)


def make_batch(lanes: int = 2, size: int = 7, features: int = 4, actions: int = 3, seed: int = 0) -> Batch:
    """A batch of random transitions, a third of them terminal."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=shape).astype(np.float32))

    return Batch(
        observation=normal(lanes, size, features),
        action=torch.from_numpy(rng.integers(actions, size=(lanes, size))),
        reward=normal(lanes, size),
        next_observation=normal(lanes, size, features),
        discount=torch.full((lanes, size), 0.9),
        terminated=torch.from_numpy(rng.random((lanes, size)) < 1 / 3),
        truncated=torch.from_numpy(rng.random((lanes, size)) < 1 / 3),
        index=torch.zeros(lanes, size, dtype=torch.int64),
        weight=torch.ones(lanes, size),
    )


def make_transition(
    first: int, lanes: int, envs: int, observed: tuple[int, ...] = (), columns: Sequence[Column] = ()
) -> Transition:
    """A vector step whose transitions are numbered from `first` on; lane `l`'s numbers are 1000 * l higher.

    Each entry of a column is the transition's number, and ten times that in a column whose name begins with `next_`.
    """
    number = 1000 * np.arange(lanes)[:, None] + np.arange(first, first + envs)  # [L, N]
    observation = np.broadcast_to(number.reshape(lanes, envs, *[1] * len(observed)), (lanes, envs, *observed))
    ends = number % 3 == 0, number % 5 == 0
    values = {column.name: fill_column(column, number) for column in columns}
    return Transition(observation, number % 3, number.astype(np.float32), observation + 1, *ends, values)


def fill_column(column: Column, number: np.ndarray) -> np.ndarray:
    """The values of `column` for transitions of these numbers: `[L, N]` -> `[L, N, *shape]`."""
    value = 10 * number if column.name.startswith("next_") else number
    spread = value.reshape(*value.shape, *[1] * len(column.shape)).astype(column.dtype)
    return np.broadcast_to(spread, (*value.shape, *column.shape)).copy()


def make_runner(
    algorithm: str,
    settings: Mapping[str, Any] = {},
    env: str | None = None,
    seeds: Sequence[int] = (0,),
    **components: str,
) -> Runner:
    """A runner that has not begun."""
    environment = f"rlzoo-tests/{env}-v0" if env in TINY else env
    composition = compose(CATALOG, algorithm, components, settings, environment)
    return Runner(composition, seeds, torch.device("cpu"))


TINY = ("OneState", "Counting", "Random", "Shifted", "Images", "Faulty")
