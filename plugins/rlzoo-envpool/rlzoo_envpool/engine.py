"""Environments that can start any episode at any time, and usually step in a single call."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from rlzoo_envpool.cohorts import Arrived, Cohort
from rlzoo_envpool.supply import Supply

Pool = Callable[[np.ndarray, int], Any]
"""From seeds and a number of threads, 0 for one per core, to a pool of EnvPool with dm_env's interface."""
SLOW_STEP = 1e-3
"""Seconds: if the fastest vector step takes longer with one thread, more threads are worth their overhead."""


class Engine:
    """`count` environments, whose episodes run in the newest cohort, or in older ones until these end."""

    def __init__(self, count: int, pool: Pool) -> None:
        self._count, self._pool = count, pool
        self._seeds = np.full(count, -1)  # [count] seed of each environment's latest episode
        self._playing: list[Cohort] = []
        self._changed = False
        self._threads, self._shortest = 1, math.inf
        self._again = Supply(count, self._make, lambda k: np.repeat(self._seeds[:, None], k, 1))
        self.expect_seeds(lambda _: np.empty((count, 0), np.int64))

    def expect_seeds(self, upcoming: Callable[[int], np.ndarray]) -> None:
        """Receive the seeds of later episodes: `upcoming(k)` is `[count, k]`."""
        self._onward = Supply(self._count, self._make, upcoming)

    def begin(self, which: np.ndarray, seeds: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Start episodes of `which` with `seeds`, `[M]`; returns parts of `which` with their first observations.

        Repeating an environment's latest seed, as evaluation does, does not consume its prepared episodes.
        """
        self.end(which)
        again = self._seeds[which] == seeds
        self._seeds[which] = seeds
        parts = ((self._onward, which[~again]), (self._again, which[again]))
        return [(part, self._start(supply, part)) for supply, part in parts if len(part)]

    def _start(self, supply: Supply, which: np.ndarray) -> np.ndarray:
        cohort, members = supply.take(which, self._seeds[which])
        cohort.join(which, members)
        if cohort not in self._playing:
            self._playing.append(cohort)
        return cohort.first[members]

    def end(self, which: np.ndarray) -> None:
        """Stop stepping `which` until their next episode."""
        for cohort in self._playing:
            cohort.leave(which)
        self._changed = True

    def step(self, actions: np.ndarray) -> list[Arrived]:
        """Step with `actions` `[count]`. All cohorts are sent their actions first, so that they run in parallel."""
        if self._changed:
            self._playing = [cohort for cohort in self._playing if cohort.assemble()]
            self._changed = False
        began = time.perf_counter()
        for cohort in self._playing:
            cohort.send(actions)
        arrived = [cohort.receive() for cohort in self._playing]
        self._shortest = min(self._shortest, time.perf_counter() - began)
        return arrived

    def close(self) -> None:
        """Release every pool, which ends its threads."""
        self._playing.clear()
        self._onward.clear()
        self._again.clear()

    def _make(self, seeds: np.ndarray, owner: np.ndarray) -> Cohort:
        if SLOW_STEP < self._shortest < math.inf:
            self._threads = 0
        return Cohort(self._pool(seeds, self._threads), owner, self._count)
