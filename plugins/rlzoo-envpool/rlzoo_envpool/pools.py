"""EnvPool's environments as a family, an episode for every seed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import envpool
import numpy as np
from gymnasium.spaces import Discrete

from rlzoo.errors import EnvironmentFailed, OptionError, UnknownName, nearest
from rlzoo.interfaces import Environment
from rlzoo.options import Meta
from rlzoo.spaces import check_spaces, observation_layout

MOST = 2**31 - 1
"""The largest number EnvPool takes, for seeds and for steps."""
ALONE: Mapping[str, Any] = {"num_envs": 1, "num_threads": 1}
FIRST, LAST = 0, 2
"""Kinds of steps, as dm_env numbers them: the one that only resets, and the one in which an episode ends."""


@dataclass(frozen=True)
class EnvPool:
    """An environment of EnvPool, many of the usual ids in C++ (Weng et al., 2022)."""

    id: Annotated[str, Meta(description="as `envpool.make` takes it")]
    max_episode_steps: (
        Annotated[int, Meta(ge=1, lt=MOST, description="cut episodes here instead of at the environment's own limit")]
        | None
    ) = None
    kwargs: Annotated[Mapping[str, Any], Meta(description="settings of the environment itself")] = field(
        default_factory=dict
    )

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = ({"env": "envpool/CartPole-v1"},)

    def build(self, lanes: int, envs: int) -> Environment:
        """`lanes` x `envs` environments. Raises BadInput where there are none, or none that rlzoo can learn in."""
        return Pools(self, lanes, envs)

    def spec(self) -> Any:
        """What EnvPool says of the environment. Raises as `pool` does."""
        return self._made(envpool.make_spec, ALONE)

    def pool(self, seed: int, limit: int) -> Any:
        """One environment, seeded by `seed`, which EnvPool itself would cut only after `limit` steps.

        Raises UnknownName for an id there is not, OptionError for `kwargs` that it does not take.
        """
        settings = {"env_seed": [seed % MOST], "max_episode_steps": limit + 1}
        return self._made(envpool.make_dm, {**ALONE, **settings})  # the interface that is cheapest to make

    def _made(self, make: Any, settings: Mapping[str, Any]) -> Any:
        try:
            return make(self.id, **settings, **self.kwargs)
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            known = envpool.list_all_envs()
            if self.id not in known:
                raise UnknownName(f"EnvPool has no environment `{self.id}`.{nearest(self.id, known)}") from error
            reason = str(error).partition("\n")[0]
            raise OptionError(f"EnvPool's `{self.id}` does not take {dict(self.kwargs)}: {reason}") from error


class Pools(Environment):
    """A pool of one environment for every episode: EnvPool takes seeds only when a pool is made.

    All are sent their actions before the first is waited for, so that they run at the same time.
    """

    def __init__(self, options: EnvPool, lanes: int, envs: int) -> None:
        spec = options.spec()
        self.observation_space, self.action_space = _spaces(f"envpool/{options.id}", spec)
        self.options, self.lanes, self.envs = options, lanes, envs
        self.limit = min(options.max_episode_steps or int(spec.config.max_episode_steps), MOST - 1)
        shape, dtype = observation_layout(self.observation_space)
        self._pools: list[Any] = [None] * (lanes * envs)
        self._current = np.zeros((lanes * envs, *shape), dtype)
        self._steps = np.zeros(lanes * envs, np.int64)

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin episodes where `mask` `[L, N]`, seeded; returns all current observations `[L, N, ...]`."""
        self._current = self._current.copy()
        for i in np.flatnonzero(mask):
            self._pools[i] = self.options.pool(int(seeds.flat[i]), self.limit)
            self._current[i] = self._pools[i].reset().observation.obs[0]
            self._steps[i] = 0
        return self._by_lane(self._current)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every environment with its action, `[L, N]`. Raises EnvironmentFailed for one that is over."""
        for pool, action in zip(self._pools, actions.reshape(-1, 1) + self.action_space.start, strict=True):
            pool.send(action)
        arrived = [pool.recv() for pool in self._pools]
        kind = np.concatenate([each.step_type for each in arrived])
        self._refuse_resets(kind == FIRST)
        self._current = np.concatenate([each.observation.obs for each in arrived]).astype(self._current.dtype)
        reward = np.concatenate([each.reward for each in arrived]).astype(np.float64)
        self._steps += 1
        # Steps are counted here, since EnvPool does not say whether an episode also terminates in its last step.
        truncated = self._steps >= self.limit
        terminated = kind == LAST
        return (
            self._by_lane(self._current),
            self._by_lane(reward),
            self._by_lane(terminated),
            self._by_lane(truncated),
        )

    def close(self) -> None:
        """Let go of every pool, which ends its thread."""
        self._pools = []

    def _refuse_resets(self, begun: np.ndarray) -> None:
        """An environment that is over begins again in its next step, which is no transition."""
        if begun.any():
            lane, env = divmod(int(begun.argmax()), self.envs)
            reason = "its episode was over, and nobody began another"
            raise EnvironmentFailed(f"envpool/{self.options.id}", lane=lane, env=env, doing="step", reason=reason)

    def _by_lane(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(self.lanes, self.envs, *flat.shape[1:])


def _spaces(name: str, spec: Any) -> tuple[Any, Discrete]:
    """Observation and action space. Raises BadInput for those that rlzoo can't learn in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about bounds that lose precision, of which nothing depends
        observation, action = spec.gymnasium_observation_space, spec.gymnasium_action_space
    check_spaces(name, observation, action)
    return observation, action
