"""Episodes prepared before they are asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from rlzoo_envpool.cohorts import Cohort

Make = Callable[[np.ndarray, np.ndarray], Cohort]
"""From the seeds of some episodes, and the environment of each, both `[M]`, to a cohort that plays them."""
FARTHEST = 32
"""Episodes of each environment that are prepared at most."""
LONG = 0.02
"""Seconds: where making a cohort took longer, the next is no larger. What takes long to make takes memory, too."""


class Supply:
    """The episodes that each of `count` environments will probably be asked for next, in a cohort that has begun them.

    `expect(k)` says how those will be seeded, `[count, k]`. How many are prepared doubles from cohort to cohort, so
    that what is never played stays in proportion to what is.
    """

    def __init__(self, count: int, make: Make, expect: Callable[[int], np.ndarray]) -> None:
        self._count, self._make, self._expect = count, make, expect
        self._ahead, self._seconds = 0, 0.0
        self._cohort: Cohort | None = None
        self._seeds = np.full(1, -1)  # [M + 1] of the members' episodes; the last is nobody's
        self._next = np.zeros(count, np.int32)  # [count] the member that has the environment's next episode,
        self._end = np.zeros(count, np.int32)  # [count] unless it is this one, which is not the environment's

    def take(self, which: np.ndarray, seeds: np.ndarray) -> tuple[Cohort, np.ndarray]:
        """Who plays the episodes of `which` that are seeded by `seeds`, `[M]`: a cohort and its members, `[M]`."""
        left = self._next[which] < self._end[which]
        right = self._seeds[self._next[which]] == seeds
        if self._cohort is None or not (left & right).all():
            self._ahead = self._farther(mistaken=bool((left & ~right).any()))
            self._cohort = self._renewed(which, seeds)
        members = self._next[which]
        self._next[which] += 1
        return self._cohort, members

    def clear(self) -> None:
        """Let go of what is prepared."""
        self._cohort = None

    def _farther(self, mistaken: bool) -> int:
        """How many episodes of each environment to prepare, now that one is asked for which is not there."""
        if self._cohort is None or mistaken:
            return 0
        if self._seconds > LONG:
            return max(1, self._ahead)
        return max(1, min(2 * self._ahead, FARTHEST))

    def _renewed(self, which: np.ndarray, seeds: np.ndarray) -> Cohort:
        """A cohort for what is asked for, and for the next episodes of every environment."""
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
