"""The target slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rlzoo.contracts.state import Stateful

if TYPE_CHECKING:
    from rlzoo.lanes.clock import Clock
    from rlzoo.lanes.params import Params


class TargetUpdater(Stateful, Protocol):
    """How the target parameters follow the online ones.

    Both come as leaves with lanes first: `"parameters"` `[L, P]`, all of a lane's parameters in one row, and the
    network's buffers by name.
    """

    syncs: int = 0
    """How often they did, for the run's record."""

    def start(self, online: Params) -> Params:
        """The target parameters at the start: equal to `online`, copied or the very same tensors."""
        ...

    def update(self, online: Params, target: Params, clock: Clock) -> None:
        """Called after every vector step and after every update; changes `target` in place when it is time."""
        ...
