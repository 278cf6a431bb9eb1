"""Episodes prepared in advance."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from rlzoo_envpool.cohorts import Cohort

Make = Callable[[np.ndarray, np.ndarray], Cohort]
"""Makes the cohort that plays episodes with the given seeds in the given environments, both `[M]`."""
MAX_AHEAD = 32
"""Maximum number of prepared episodes per environment."""
SLOW_COHORT = 0.02
"""Seconds: if making a cohort took longer, the next one is not larger, which also limits memory."""


class Supply:
    """The episodes that each of `count` environments will probably need next, in a cohort that has started them.

    `expect(k)` returns their seeds, `[count, k]`. The number of prepared episodes doubles with every cohort, so that
    unused ones stay in proportion to those played.
    """

    def __init__(self, count: int, make: Make, expect: Callable[[int], np.ndarray]) -> None:
        self._count, self._make, self._expect = count, make, expect
        self._ahead, self._seconds = 0, 0.0
        self._cohort: Cohort | None = None
        self._seeds = np.full(1, -1)  # [M + 1] seeds of the members' episodes, and a sentinel
        self._next = np.zeros(count, np.int32)  # [count] the member with the environment's next episode
        self._end = np.zeros(count, np.int32)  # [count] the end of the environment's members (exclusive)

    def take(self, which: np.ndarray, seeds: np.ndarray) -> tuple[Cohort, np.ndarray]:
        """The cohort and its members `[M]` that play the episodes of `which` with `seeds`, `[M]`."""
        left = self._next[which] < self._end[which]
        right = self._seeds[self._next[which]] == seeds
        if self._cohort is None or not (left & right).all():
            self._ahead = self._next_count(mistaken=bool((left & ~right).any()))
            self._cohort = self._make_cohort(which, seeds)
        members = self._next[which]
        self._next[which] += 1
        return self._cohort, members

    def clear(self) -> None:
        """Release the prepared episodes."""
        self._cohort = None

    def _next_count(self, mistaken: bool) -> int:
        """The number of episodes to prepare per environment, when a requested one was not prepared."""
        if self._cohort is None or mistaken:
            return 0
        if self._seconds > SLOW_COHORT:
            return max(1, self._ahead)
        return max(1, min(2 * self._ahead, MAX_AHEAD))

    def _make_cohort(self, which: np.ndarray, seeds: np.ndarray) -> Cohort:
        """Make a cohort for the requested episodes and the next episodes of every environment."""
        began = time.perf_counter()
        expected = self._expect(self._ahead)
        table = np.concatenate([np.zeros((self._count, 1), np.int64), expected], 1)
        wanted = np.ones(table.shape, np.bool_)
        wanted[:, 0] = False
        table[which, 0], wanted[which, 0] = seeds, True
        sizes = wanted.sum(1)
        self._end[:] = sizes.cumsum()
        self._next[:] = self._end - sizes
        self._seeds = np.append(table[wanted], -1)
        cohort = self._make(self._seeds[:-1], np.repeat(np.arange(self._count), sizes))
        self._seconds = time.perf_counter() - began
        return cohort
