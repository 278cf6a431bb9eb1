"""Exact counters, and intervals that fire at every multiple of their period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

Unit = Literal["steps", "updates", "episodes"]


class Clock:
    """Counts steps and updates, which are the same in every lane, and the episodes of each lane."""

    def __init__(self, lanes: int) -> None:
        self.steps = 0  # environment steps of each lane
        self.updates = 0  # optimizer steps of each lane
        self.episodes = np.zeros(lanes, np.int64)  # [L] finished episodes

    def count(self, unit: Unit) -> int:
        """The number of steps, updates or episodes.

        Raises ValueError for episodes with more than one lane, since the lanes finish them at different times.
        """
        if unit != "episodes":
            return self.updates if unit == "updates" else self.steps
        if len(self.episodes) != 1:
            raise ValueError("a component that counts episodes must set `lockstep = False`: its lanes train alone")
        return int(self.episodes[0])

    def state(self) -> Mapping[str, Any]:
        """The counters."""
        return {"steps": self.steps, "updates": self.updates, "episodes": self.episodes.copy()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore them."""
        self.steps, self.updates = state["steps"], state["updates"]
        self.episodes[:] = state["episodes"]


class Interval:
    """Fires once per multiple of `period`, however many units a vector step spans and however often it is queried."""

    def __init__(self, period: int, unit: Unit) -> None:
        self.period, self.unit = period, unit
        self.fired = 0  # multiples reached so far

    def next(self, clock: Clock) -> int | None:
        """The step at which the next multiple is reached; None unless it counts steps."""
        return (clock.steps // self.period + 1) * self.period if self.unit == "steps" else None

    def pending(self, clock: Clock) -> bool:
        """Whether a multiple has been reached since the last call of `crossings`."""
        return clock.count(self.unit) // self.period > self.fired

    def crossings(self, clock: Clock) -> int:
        """The number of multiples reached since the last call."""
        reached = clock.count(self.unit) // self.period
        new, self.fired = reached - self.fired, reached
        return new
