"""Many environments with Gymnasium's interface, stepped side by side."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete, Space

from rlzoo.components.environments.masks import offers_masks, read_mask
from rlzoo.contracts import Environment
from rlzoo.contracts.encoding import as_actions, as_array, encoded_actions, encoded_observations
from rlzoo.contracts.errors import BadInput, EnvironmentFailed, check_memory, described
from rlzoo.contracts.spaces import check_spaces, observation_layout, value_range

AnyEnv = gymnasium.Env[Any, Any]
BYTES_OF_AN_ENVIRONMENT = 4_000
"""At least: an instance with Gymnasium's usual wrappers. Most take much more."""
_log = logging.getLogger("rlzoo")


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
        check_memory(lanes * envs * BYTES_OF_AN_ENVIRONMENT, f"{lanes * envs:,} environments")
        masked = self._inspect(make(), flatten, masks)
        self._all = [make() for _ in range(lanes * envs)]
        self._shape, self._dtype = observation_layout(self.observation_space)
        self._is_box = value_range(self.observation_space) is None
        self._states = _states(self.observation_space)
        self._current = np.zeros((lanes * envs, *self._shape), self._dtype)
        if masked:
            self.action_mask = np.ones((lanes, envs, int(getattr(self.action_space, "n", 0))), np.bool_)

    def _inspect(self, env: AnyEnv, flatten: bool, masks: bool) -> bool:
        """Set the spaces; returns whether there are masks. By an extra environment, as it resets it."""
        try:
            self.observation_space = encoded_observations(self.name, env.observation_space, flatten)
            self.action_space = encoded_actions(self.name, env.action_space)
            check_spaces(self.name, self.observation_space, self.action_space, continuous=True)
        except BadInput:
            raise
        except Exception as error:
            raise BadInput(f"environment `{self.name}` has no usable spaces: {described(error)}") from error
        masked = masks and offers_masks(env)
        self._close(env)
        return masked

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin episodes where `mask` `[L, N]`, seeded; returns all current observations `[L, N, ...]`."""
        current, masks = self._current.copy(), self._fresh_masks()
        for i in map(int, np.flatnonzero(mask)):
            with self._blamed_on(lambda i=i: i, "reset"):  # type: ignore[misc]
                observation, info = self._all[i].reset(seed=int(seeds.flat[i]))
                current[i] = self._stored(observation)
                if masks is not None:
                    masks[i] = read_mask(self._all[i], info, self.action_space)
        return self._take(current, masks, "reset")

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every environment with its action, `[L, N]`."""
        rewards: list[float] = []
        terminations, truncations = [], []
        current, masks = np.empty_like(self._current), self._fresh_masks()
        with self._blamed_on(lambda: len(rewards), "step"):
            for i, (env, action) in enumerate(zip(self._all, self._for_environments(actions), strict=True)):
                observation, reward, terminated, truncated, info = env.step(action)
                current[i] = self._stored(observation)  # copied now: environments may share an array
                terminations.append(terminated if type(terminated) is bool else _flag(terminated, "terminated"))
                truncations.append(truncated if type(truncated) is bool else _flag(truncated, "truncated"))
                if masks is not None:
                    masks[i] = True if terminated else read_mask(env, info, self.action_space)
                rewards.append(_number(reward))
        return (
            self._take(current, masks, "step"),
            self._by_lane(np.array(rewards)),
            self._by_lane(np.array(terminations)),
            self._by_lane(np.array(truncations)),
        )

    def close(self) -> None:
        """Close every environment. One that fails to close costs a warning: the results do not depend on it."""
        for env in self._all:
            self._close(env)

    def _close(self, env: AnyEnv) -> None:
        try:
            env.close()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            _log.warning("environment `%s` failed in close: %s", self.name, described(error))

    def _for_environments(self, actions: np.ndarray) -> Sequence[Any]:
        """What each environment takes: plain ints for Discrete actions, arrays for others."""
        decoded = as_actions(self.action_space, actions)
        flat = decoded.reshape(len(self._all), *decoded.shape[2:])
        return flat.tolist() if flat.ndim == 1 else list(flat.copy())  # environments may change them

    def _fresh_masks(self) -> np.ndarray | None:
        """A copy of the current masks, `[L * N, A]`, or None; after a termination all actions are allowed."""
        return None if self.action_mask is None else self.action_mask.reshape(len(self._all), -1).copy()

    def _take(self, current: np.ndarray, masks: np.ndarray | None, doing: str) -> np.ndarray:
        """Make these the current observations and masks, and return the observations `[L, N, ...]`."""
        if self._dtype.kind == "f" and not np.isfinite(current).all():
            i = int(np.argwhere(~np.isfinite(current))[0, 0])
            with self._blamed_on(lambda: i, doing):
                self._checked(current[i])
        self._current = current
        if masks is not None:
            self.action_mask = self._by_lane(masks)
        return self._by_lane(current)

    def _by_lane(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(self.lanes, self.envs, *flat.shape[1:])

    def _stored(self, observation: Any) -> Any:
        """An observation as it is stored. Raises BadInput as `_checked` does, except for numbers that are not finite.

        This runs in every step, so the usual cases come first: an array of the right kind, or the number of a state.
        """
        kind = type(observation)
        if kind is np.ndarray:
            if observation.dtype is self._dtype and observation.shape == self._shape and self._is_box:
                return observation
        elif kind is int and observation in self._states:
            return observation
        return self._checked(observation)

    def _checked(self, observation: Any) -> np.ndarray:
        """Raises BadInput for another shape, numbers that the space cannot hold, or that are not finite."""
        array = as_array(self.observation_space, observation, self._dtype)
        if array.shape != self._shape:
            raise BadInput(f"returned an observation of shape {array.shape}, not {self._shape}")
        if not np.isfinite(array).all():
            raise BadInput("returned an observation that is not finite")
        return array

    @contextmanager
    def _blamed_on(self, which: Callable[[], int], doing: str) -> Iterator[None]:
        """Report any exception as a failure of environment `which()`."""
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also of sys.exit()
            reason = str(error) if isinstance(error, BadInput) else described(error)
            i = which()
            raise EnvironmentFailed(
                self.name, lane=i // self.envs, env=i % self.envs, doing=doing, reason=reason
            ) from error


def _states(space: Space[Any]) -> range:
    return range(int(space.start), int(space.start + space.n)) if isinstance(space, Discrete) else range(0)


def _number(reward: Any) -> float:
    if not math.isfinite(reward):
        raise BadInput("returned a reward that is not finite")
    return float(reward)


def _flag(value: Any, name: str) -> bool:
    array = np.asarray(value)
    if array.size != 1 or array.item() not in (0, 1):
        raise BadInput(f"returned {name}={value!r}, which is not a bool")
    return bool(array.item())
