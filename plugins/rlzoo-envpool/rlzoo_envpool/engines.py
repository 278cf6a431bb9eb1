"""Two ways to have environments of EnvPool, which takes seeds only when a pool is made.

Environments are numbered from 0; `which` names some of them, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

Make = Callable[[np.ndarray], Any]
"""From seeds `[M]` to a pool of `M` environments, with dm_env's interface: the cheapest of EnvPool's to make."""
LAST = 2
"""dm_env's number for the step in which an episode ends."""


class Engine(Protocol):
    """Begins and steps environments; what has ended is never stepped."""

    def able(self, which: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Those of `which` that can begin an episode, given the seeds of all."""
        ...

    def begin(self, which: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin episodes of those that are able to, one at least; returns observations `[M, ...]`."""
        ...

    def take(self, which: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Take actions `[M]`; returns observation `[M, ...]`, reward and whether the episode is over, `[M]`."""
        ...

    def close(self) -> None:
        """Let go of the pools."""
        ...


class PoolPerEpisode:
    """A pool of one for each episode, which thus depends on its seed alone."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._pools: dict[int, Any] = {}

    def able(self, which: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """All of them."""
        return which

    def begin(self, which: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """A new pool for each."""
        for i in which.tolist():
            self._pools[i] = self._make(seeds[i : i + 1])
        return np.concatenate([self._pools[i].reset().observation.obs for i in which.tolist()])

    def take(self, which: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All are sent their actions before the first is waited for, so that they run at the same time."""
        pools = [self._pools[i] for i in which.tolist()]
        for pool, action in zip(pools, actions[:, None], strict=True):
            pool.send(action)
        arrived = [pool.recv() for pool in pools]
        observation = np.concatenate([each.observation.obs for each in arrived])
        reward = np.concatenate([each.reward for each in arrived])
        return observation, reward, np.concatenate([each.step_type for each in arrived]) == LAST

    def close(self) -> None:
        """Let go of them."""
        self._pools.clear()


class PoolForAll:
    """One pool, in which each environment is seeded by its first episode and goes on from there.

    So no episode can be played again: asked for the seed it had last, an environment that is over stays so. (Evaluation
    asks for it, to pass the time until all are over; were another begun then, what follows would depend on the others.)
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._pool: Any = None
        self._seeds = np.empty(0, np.int64)

    def able(self, which: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Those that have another seed than before."""
        return which if self._pool is None else which[seeds[which] != self._seeds[which]]

    def begin(self, which: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """The seeds count when the pool is made, which is the first time."""
        if self._pool is None:
            self._pool, self._seeds = self._make(seeds), seeds.copy()
        self._seeds[which] = seeds[which]
        arrived = self._pool.reset(which.astype(np.int32))
        return arrived.observation.obs[_in_order(arrived)]

    def take(self, which: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One call for all of them."""
        arrived = self._pool.step(actions, which)
        order = _in_order(arrived)
        return arrived.observation.obs[order], arrived.reward[order], arrived.step_type[order] == LAST

    def close(self) -> None:
        """Let go of it."""
        self._pool = None


def _in_order(arrived: Any) -> np.ndarray:
    """The places of the environments in an answer, which may come in any order."""
    return np.argsort(arrived.observation.env_id)
