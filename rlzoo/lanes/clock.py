"""Exact counters, and intervals that fire at every crossing of a multiple of their period."""

from __future__ import annotations

from typing import Literal

import numpy as np

Unit = Literal["steps", "updates", "episodes"]


class Clock:
    """What has happened so far. Steps and updates are the same in every lane; episodes are counted per lane."""

    def __init__(self, lanes: int) -> None:
        self.steps = 0  # environment steps of each lane
        self.updates = 0  # optimizer steps of each lane
        self.episodes = np.zeros(lanes, np.int64)  # [L] finished episodes

    def count(self, unit: Unit) -> int:
        """How many `unit` there were; episodes only where a single lane trains, since lanes finish at their own time.

        Raises ValueError when episodes are asked for beside other lanes.
        """
        if unit != "episodes":
            return self.updates if unit == "updates" else self.steps
        if len(self.episodes) != 1:
            raise ValueError("a part that counts in episodes must say so: `lockstep` False, so that lanes train alone")
        return int(self.episodes[0])


class Interval:
    """Fires once per multiple of `period`, however far a single vector step goes and however often it is asked."""

    def __init__(self, period: int, unit: Unit) -> None:
        self.period, self.unit = period, unit
        self.fired = 0  # multiples reached so far

    def crossings(self, clock: Clock) -> int:
        """How many multiples were reached since the last call."""
        reached = clock.count(self.unit) // self.period
        new, self.fired = reached - self.fired, reached
        return new
