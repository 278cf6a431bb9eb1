"""Target parameters that follow the online ones at fixed intervals."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rlzoo.contracts import State, TargetUpdater
from rlzoo.lanes.clock import Clock, Interval, Unit
from rlzoo.lanes.params import Params

Move = Callable[[Tensor, Tensor], object]
"""Changes a target leaf `[L, ...]`, the first argument, in place, given the online one."""


class PeriodicUpdater(TargetUpdater):
    """Starts from a copy and moves every parameter and buffer once per multiple of `period`."""

    def __init__(self, period: int, unit: Unit, move: Move) -> None:
        self.interval, self.move = Interval(period, unit), move
        self.syncs = 0

    def start(self, online: Params) -> Params:
        """A copy of the online parameters."""
        return {name: leaf.detach().clone() for name, leaf in online.items()}

    @torch.no_grad()
    def update(self, online: Params, target: Params, clock: Clock) -> None:
        """Move as often as a multiple of the period was reached since the last call."""
        for _ in range(self.interval.crossings(clock)):
            for name, leaf in target.items():
                self.move(leaf, online[name])
            self.syncs += 1

    def state(self) -> State:
        """What has been done; the period is the options', whatever it was before."""
        return {"fired": self.interval.fired, "syncs": self.syncs}

    def load_state(self, state: State) -> None:
        """Go on from there."""
        self.interval.fired, self.syncs = state["fired"], state["syncs"]
