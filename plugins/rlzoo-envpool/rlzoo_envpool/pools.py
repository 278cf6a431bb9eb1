"""EnvPool as an environment family."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import envpool
import numpy as np
from gymnasium.spaces import Discrete

from rlzoo.contracts import Environment, EnvironmentFamily, Meta
from rlzoo.contracts.errors import OptionError, UnknownName, nearest
from rlzoo.contracts.spaces import check_spaces, observation_layout
from rlzoo_envpool.engine import Engine

MOST = 2**31 - 1
"""The largest integer that EnvPool accepts for seeds and steps."""


@dataclass(frozen=True)
class EnvPool(EnvironmentFamily):
    """An EnvPool environment: common benchmarks implemented in C++ (Weng et al., 2022)."""

    id: Annotated[str, Meta(description="environment id, as for `envpool.make`")]
    max_episode_steps: (
        Annotated[
            int,
            Meta(
                ge=1,
                lt=MOST,
                description="time limit in steps; none means the environment's",
            ),
        ]
        | None
    ) = None
    kwargs: Annotated[Mapping[str, Any], Meta(description="keyword arguments of the environment")] = field(
        default_factory=dict
    )

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = ({"env": "envpool/CartPole-v1"},)

    def build(self, lanes: int, envs: int) -> Environment:
        """Build `lanes` x `envs` environments. Raises BadInput for an unknown id or unsupported spaces."""
        return Pooled(self, lanes, envs)

    def spec(self) -> Any:
        """EnvPool's specification of the environment. Raises as `pool` does."""
        return self._made(envpool.make_spec, {"num_envs": 1, "env_seed": [0]})

    def pool(self, seeds: np.ndarray, limit: int, threads: int) -> Any:
        """Make one environment per seed, which EnvPool truncates only after `limit` + 1 steps.

        They step in `threads` threads, 0 for one per core. Raises UnknownName for an unknown id, OptionError for
        invalid `kwargs`.
        """
        numbers = {"num_envs": len(seeds), "num_threads": threads, "max_episode_steps": limit + 1}
        return self._made(envpool.make_dm, {"env_seed": (seeds % MOST).tolist(), **numbers})

    def _made(self, make: Any, settings: Mapping[str, Any]) -> Any:
        try:
            return make(self.id, **settings, **self.kwargs)
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            known = envpool.list_all_envs()
            if self.id not in known:
                raise UnknownName(f"EnvPool has no environment `{self.id}`.{nearest(self.id, known)}") from error
            reason = str(error).partition("\n")[0]
            raise OptionError(f"EnvPool's `{self.id}` does not accept {dict(self.kwargs)}: {reason}") from error


class Pooled(Environment):
    """`L x N` environments. After its episode an environment is not stepped, since EnvPool would start another one."""

    def __init__(self, options: EnvPool, lanes: int, envs: int) -> None:
        spec = options.spec()
        self.observation_space, self.action_space = _spaces(f"envpool/{options.id}", spec)
        self.lanes, self.envs = lanes, envs
        self.limit = min(options.max_episode_steps or int(spec.config.max_episode_steps), MOST - 1)
        shape, dtype = observation_layout(self.observation_space)
        count = lanes * envs
        self._engine = Engine(count, lambda seeds, threads: options.pool(seeds, self.limit, threads))
        self._current = np.zeros((count, *shape), dtype)
        self._steps = np.zeros(count, np.int64)
        self._over = np.ones(count, np.bool_)

    def expect_seeds(self, upcoming: Callable[[int], np.ndarray]) -> None:
        """Receive the seeds of later episodes, which are prepared together."""
        self._engine.expect_seeds(lambda k: upcoming(k).reshape(len(self._over), k))

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Start episodes where `mask` `[L, N]` is true; returns all current observations `[L, N, ...]`."""
        self._current = self._current.copy()
        which = np.flatnonzero(mask)
        for some, observation in self._engine.begin(which, seeds.ravel()[which]):
            self._current[some] = observation
        self._steps[which] = 0
        self._over[which] = False
        return self._by_lane(self._current)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every environment whose episode is running with its action, `[L, N]`; the others do nothing."""
        self._current = self._current.copy()
        reward, terminated = np.zeros(len(self._over)), np.zeros(len(self._over), np.bool_)
        for who, *arrived in self._engine.step(actions.ravel() + self.action_space.start):
            self._current[who], reward[who], terminated[who] = arrived
        # Steps are counted here, since EnvPool does not report whether an episode also terminates at its time limit.
        self._steps += 1
        truncated = (self._steps >= self.limit) & ~self._over
        ended = terminated | truncated
        if ended.any():
            self._engine.end(np.flatnonzero(ended))
            self._over |= ended
        return (
            self._by_lane(self._current),
            self._by_lane(reward),
            self._by_lane(terminated),
            self._by_lane(truncated),
        )

    def close(self) -> None:
        """Release every pool, which ends its threads."""
        self._engine.close()

    def _by_lane(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(self.lanes, self.envs, *flat.shape[1:])


def _spaces(name: str, spec: Any) -> tuple[Any, Discrete]:
    """The observation and action space. Raises BadInput for unsupported spaces."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about bounds that lose precision, which does not matter
        observation, action = spec.gymnasium_observation_space, spec.gymnasium_action_space
    check_spaces(name, observation, action)
    return observation, action
