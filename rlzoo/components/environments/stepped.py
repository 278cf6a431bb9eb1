"""Many environments with Gymnasium's interface, stepped side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import gymnasium
import numpy as np

from rlzoo.components.environments.masks import offers_masks, read_mask
from rlzoo.contracts import Environment
from rlzoo.contracts.encoding import as_actions, as_array, encoded_actions, encoded_observations
from rlzoo.contracts.errors import BadInput, EnvironmentFailed
from rlzoo.contracts.spaces import check_spaces, observation_layout

AnyEnv = gymnasium.Env[Any, Any]


class SteppedEnvironments(Environment):
    """A plain loop: as fast as a vector wrapper, episodes seeded one by one, and a failure names its environment.

    `make` makes one environment. A further one, closed at once, shows the spaces and whether there are action masks.
    With `flatten`, Dict and Tuple observations become vectors; without `masks`, action masks are ignored.
    Raises BadInput for spaces that rlzoo cannot learn in.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], AnyEnv],
        lanes: int,
        envs: int,
        *,
        flatten: bool = True,
        masks: bool = True,
    ) -> None:
        self.name, self.lanes, self.envs = name, lanes, envs
        masked = self._inspect(make(), flatten, masks)
        self._all = [make() for _ in range(lanes * envs)]
        self._shape, self._dtype = observation_layout(self.observation_space)
        self._current = np.zeros((lanes * envs, *self._shape), self._dtype)
        if masked:
            self.action_mask = np.ones((lanes, envs, int(getattr(self.action_space, "n", 0))), np.bool_)

    def _inspect(self, env: AnyEnv, flatten: bool, masks: bool) -> bool:
        """Set the spaces; returns whether there are masks. By an extra environment, as it resets it."""
        self.observation_space = encoded_observations(self.name, env.observation_space, flatten)
        self.action_space = encoded_actions(self.name, env.action_space)
        check_spaces(self.name, self.observation_space, self.action_space, continuous=True)
        self._encodes = self.observation_space is not env.observation_space
        masked = masks and offers_masks(env)
        env.close()
        return masked

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin episodes where `mask` `[L, N]`, seeded; returns all current observations `[L, N, ...]`."""
        current = self._current.copy()
        which = np.flatnonzero(mask)
        infos: dict[int, Mapping[str, Any]] = {}
        for i in which:
            with self._blamed_on(partial(int, i), "reset"):
                observation, infos[int(i)] = self._all[i].reset(seed=int(seeds.flat[i]))
                current[i] = self._checked(observation)
        self._current = current
        self._read_masks(infos, np.zeros(len(self._all), np.bool_), "reset")
        return self._by_lane(current)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every environment with its action, `[L, N]`."""
        rewards: list[float] = []
        observations, terminations, truncations, infos = [], [], [], []
        with self._blamed_on(lambda: len(rewards), "step"):
            for env, action in zip(self._all, self._for_environments(actions), strict=True):
                observation, reward, terminated, truncated, info = env.step(action)
                observations.append(observation)
                terminations.append(bool(terminated))
                truncations.append(bool(truncated))
                infos.append(info)
                rewards.append(_number(reward))
        self._current = self._together(observations)
        ended = np.array(terminations)
        self._read_masks(dict(enumerate(infos)), ended, "step")
        return (
            self._by_lane(self._current),
            self._by_lane(np.array(rewards)),
            self._by_lane(ended),
            self._by_lane(np.array(truncations)),
        )

    def close(self) -> None:
        """Close every environment."""
        for env in self._all:
            env.close()

    def _for_environments(self, actions: np.ndarray) -> Sequence[Any]:
        """What each environment takes: plain ints for Discrete actions, arrays for others."""
        decoded = as_actions(self.action_space, actions)
        flat = decoded.reshape(len(self._all), *decoded.shape[2:])
        return flat.tolist() if flat.ndim == 1 else list(flat)

    def _read_masks(self, infos: Mapping[int, Mapping[str, Any]], terminated: np.ndarray, doing: str) -> None:
        """Replace the masks of the environments that `infos` come from; after a termination all is allowed."""
        if self.action_mask is None:
            return
        masks = self.action_mask.reshape(len(self._all), -1).copy()
        for i, info in infos.items():
            with self._blamed_on(partial(int, i), doing):
                masks[i] = True if terminated[i] else read_mask(self._all[i], info, self.action_space)
        self.action_mask = self._by_lane(masks)

    def _by_lane(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(self.lanes, self.envs, *flat.shape[1:])

    def _together(self, observations: Sequence[Any]) -> np.ndarray:
        """All observations as one array, checked one by one where they are encoded or something is wrong."""
        if self._encodes:
            return np.stack(self._each_checked(observations))
        try:
            joined = np.array(observations, self._dtype)
        except (TypeError, ValueError):
            joined = np.empty(0)
        if joined.shape != self._current.shape or not _finite(joined):
            self._each_checked(observations)
        return joined

    def _each_checked(self, observations: Sequence[Any]) -> list[np.ndarray]:
        arrays: list[np.ndarray] = []
        with self._blamed_on(lambda: len(arrays), "step"):
            for observation in observations:
                arrays.append(self._checked(observation))  # its length names the one at fault
        return arrays

    def _checked(self, observation: Any) -> np.ndarray:
        array = as_array(self.observation_space, observation, self._dtype)
        if array.shape != self._shape:
            raise BadInput(f"returned an observation of shape {array.shape}, not {self._shape}")
        if not _finite(array):
            raise BadInput("returned an observation that is not finite")
        return array

    @contextmanager
    def _blamed_on(self, which: Callable[[], int], doing: str) -> Iterator[None]:
        """Report any exception as a failure of environment `which()`."""
        try:
            yield
        except Exception as error:
            reason = str(error) if isinstance(error, BadInput) else repr(error)
            i = which()
            raise EnvironmentFailed(
                self.name, lane=i // self.envs, env=i % self.envs, doing=doing, reason=reason
            ) from error


def _number(reward: Any) -> float:
    if not math.isfinite(reward):
        raise BadInput("returned a reward that is not finite")
    return float(reward)


def _finite(array: np.ndarray) -> bool:
    return array.dtype != np.float32 or bool(np.isfinite(array).all())
