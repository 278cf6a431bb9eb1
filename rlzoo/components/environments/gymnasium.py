"""Any registered Gymnasium environment, many of them stepped side by side."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.wrappers import TimeLimit

from rlzoo.contracts import Environment, EnvironmentFamily, Meta
from rlzoo.contracts.errors import BadInput, EnvironmentFailed, OptionError, UnknownName, nearest
from rlzoo.contracts.spaces import check_spaces, observation_layout

AnyEnv = gymnasium.Env[Any, Any]


@dataclass(frozen=True)
class Gymnasium(EnvironmentFamily):
    """An environment of Gymnasium's registry, also `module:Env-v0` (Towers et al., 2024)."""

    trials: ClassVar[tuple[Mapping[str, str], ...]] = ({"env": "CartPole-v1"},)

    id: Annotated[str, Meta(description="as `gymnasium.make` takes it")]
    max_episode_steps: (
        Annotated[int, Meta(ge=1, description="cut episodes here, besides the environment's own limit")] | None
    ) = None
    kwargs: Annotated[Mapping[str, Any], Meta(description="settings of the environment itself")] = field(
        default_factory=dict
    )

    def build(self, lanes: int, envs: int) -> Environment:
        """`lanes` x `envs` environments. Raises BadInput where there are none, or none that rlzoo can learn in."""
        return SteppedEnvironments(self.id, self.make, lanes, envs)

    def make(self, render_mode: str | None = None) -> AnyEnv:
        """One environment. Raises BadInput, saying what to do, where it can't be made."""
        rendering: dict[str, Any] = (
            {} if render_mode is None else {"render_mode": render_mode}
        )  # not every environment takes it
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # old versions are asked for on purpose
                env = gymnasium.make(self.id, disable_env_checker=True, **rendering, **self.kwargs)
        except (gymnasium.error.Error, ImportError, TypeError, ValueError) as error:
            raise _refusal(self.id, self.kwargs, error) from error
        return env if self.max_episode_steps is None else TimeLimit(env, self.max_episode_steps)


def _refusal(name: str, kwargs: Mapping[str, Any], error: Exception) -> BadInput:
    missing = isinstance(error, ImportError | gymnasium.error.DependencyNotInstalled)
    namespace = isinstance(error, gymnasium.error.NamespaceNotFound)
    if missing or namespace:
        return BadInput(f"environment `{name}` needs a package that is not installed: {_hint(name, error)}")
    if isinstance(error, gymnasium.error.UnregisteredEnv):
        return UnknownName(f"no environment is called `{name}`.{nearest(name, gymnasium.registry)}")
    if kwargs:
        return OptionError(f"environment `{name}` does not take {dict(kwargs)}: {error}")
    return BadInput(f"environment `{name}` cannot be made: {error}")


def _hint(name: str, error: Exception) -> str:
    known = {
        "ALE": "pip install ale-py, then use `ale_py:" + name + "`",
        "MinAtar": "pip install rlzoo-minatar, then use `minatar/breakout` or another of its games",
    }
    return known.get(name.partition("/")[0], " ".join(str(error).split()))


class SteppedEnvironments(Environment):
    """A plain loop: as fast as a vector wrapper, episodes seeded one by one, and a failure knows its place."""

    def __init__(self, name: str, make: Callable[[], AnyEnv], lanes: int, envs: int) -> None:
        first = make()
        check_spaces(name, first.observation_space, first.action_space)
        self.name, self.lanes, self.envs = name, lanes, envs
        assert isinstance(first.action_space, Discrete)
        self.observation_space, self.action_space = first.observation_space, first.action_space
        self._all = [first, *(make() for _ in range(lanes * envs - 1))]
        self._shape, self._dtype = observation_layout(first.observation_space)
        self._current = np.zeros((lanes * envs, *self._shape), self._dtype)
        self._first_action = int(first.action_space.start)

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin episodes where `mask` `[L, N]`, seeded; returns all current observations `[L, N, ...]`."""
        current = self._current.copy()
        for i in np.flatnonzero(mask):
            with self._blamed_on(partial(int, i), "reset"):
                observation, _ = self._all[i].reset(seed=int(seeds.flat[i]))
                current[i] = self._checked(observation)
        self._current = current
        return self._by_lane(current)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every environment with its action, `[L, N]`."""
        rewards: list[float] = []
        observations, terminations, truncations = [], [], []
        with self._blamed_on(lambda: len(rewards), "step"):
            for env, action in zip(self._all, (actions + self._first_action).ravel().tolist(), strict=True):
                observation, reward, terminated, truncated, _ = env.step(action)
                observations.append(observation)
                terminations.append(bool(terminated))
                truncations.append(bool(truncated))
                rewards.append(_number(reward))
        self._current = self._together(observations)
        return (
            self._by_lane(self._current),
            self._by_lane(np.array(rewards)),
            self._by_lane(np.array(terminations)),
            self._by_lane(np.array(truncations)),
        )

    def close(self) -> None:
        """Close every environment."""
        for env in self._all:
            env.close()

    def _by_lane(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(self.lanes, self.envs, *flat.shape[1:])

    def _together(self, observations: Sequence[Any]) -> np.ndarray:
        """All observations as one array; only if something is wrong with it are they looked at one by one."""
        try:
            joined = np.array(observations, self._dtype)
        except (TypeError, ValueError):
            joined = np.empty(0)
        if joined.shape != self._current.shape or not _finite(joined):
            for i, observation in enumerate(observations):
                with self._blamed_on(partial(int, i), "step"):
                    self._checked(observation)
        return joined

    def _checked(self, observation: Any) -> np.ndarray:
        array = np.asarray(observation, self._dtype)
        if array.shape != self._shape:
            raise ValueError(f"returned an observation of shape {array.shape}, not {self._shape}")
        if not _finite(array):
            raise ValueError("returned an observation that is no number")
        return array

    @contextmanager
    def _blamed_on(self, which: Callable[[], int], doing: str) -> Iterator[None]:
        """Whatever goes wrong inside is the fault of environment `which()`."""
        try:
            yield
        except Exception as error:
            text = str(error) if isinstance(error, ValueError) and str(error).startswith("returned") else repr(error)
            raise self._failure(which(), doing, text) from error

    def _failure(self, i: int, doing: str, reason: str) -> EnvironmentFailed:
        return EnvironmentFailed(self.name, lane=i // self.envs, env=i % self.envs, doing=doing, reason=reason)


def _number(reward: Any) -> float:
    if not math.isfinite(reward):
        raise ValueError("returned a reward that is no number")
    return float(reward)


def _finite(array: np.ndarray) -> bool:
    return array.dtype != np.float32 or bool(np.isfinite(array).all())
