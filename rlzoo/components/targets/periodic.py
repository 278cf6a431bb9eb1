"""Target parameters updated from the online parameters at fixed intervals."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rlzoo.contracts import Explanation, State, TargetUpdater
from rlzoo.lanes.clock import Clock, Interval, Unit
from rlzoo.lanes.params import Params

Move = Callable[[Tensor, Tensor], object]
"""Updates a target tensor `[L, ...]`, the first argument, in place from the online tensor, the second."""


class PeriodicUpdater(TargetUpdater):
    """Starts from a copy, and updates every parameter and buffer once per multiple of `period`."""

    def __init__(self, period: int, unit: Unit, move: Move) -> None:
        self.interval, self.move = Interval(period, unit), move
        self.syncs = 0

    def start(self, online: Params) -> Params:
        """Copy the online parameters."""
        return {name: leaf.detach().clone() for name, leaf in online.items()}

    def next_step(self, clock: Clock) -> int | None:
        """The next multiple of the period, if that counts steps."""
        return self.interval.next(clock)

    @torch.no_grad()
    def update(self, online: Params, target: Params, clock: Clock) -> None:
        """Update once for every multiple of the period reached since the last call."""
        for _ in range(self.interval.crossings(clock)):
            for name, leaf in target.items():
                self.move(leaf, online[name])
            self.syncs += 1

    def state(self) -> State:
        """The number of updates; the period is not part of the state, so a resumed run may change it."""
        return {"fired": self.interval.fired, "syncs": self.syncs}

    def load_state(self, state: State) -> None:
        """Restore the number of updates."""
        self.interval.fired, self.syncs = state["fired"], state["syncs"]

    def explain(self, clock: Clock) -> Explanation:
        """How often there is an update, and when the next one is due."""
        period, unit = self.interval.period, self.interval.unit
        every = f"after every {unit.removesuffix('s')}" if period == 1 else f"every {period:,} {unit}"
        following = (clock.count(unit) // period + 1) * period
        numbers = {"updates": self.syncs, "period": period, f"{unit} now": clock.count(unit), "next": following}
        return Explanation(
            f"The target network is updated {every}, {self.syncs:,} times until now. The next update is due at "
            f"{following:,} {unit}.",
            numbers,
        )
