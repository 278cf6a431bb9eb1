"""Interventions at fixed intervals."""

from __future__ import annotations

from rlzoo.contracts import Intervention, State
from rlzoo.lanes.clock import Clock, Interval


class PeriodicIntervention(Intervention):
    """Intervenes once per multiple of `period` updates; a subclass defines `intervene`."""

    def __init__(self, period: int) -> None:
        self.interval = Interval(period, "updates")

    def due(self, clock: Clock) -> bool:
        """Whether a multiple has been reached since the last call."""
        return self.interval.crossings(clock) > 0

    def state(self) -> State:
        """The number of interventions."""
        return {"fired": self.interval.fired}

    def load_state(self, state: State) -> None:
        """Restore it."""
        self.interval.fired = state["fired"]
