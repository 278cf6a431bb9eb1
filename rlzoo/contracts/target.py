"""The target slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from rlzoo.contracts.explanation import Explanation
from rlzoo.contracts.state import Part

if TYPE_CHECKING:
    from rlzoo.lanes.clock import Clock
    from rlzoo.lanes.params import Params


class TargetUpdater(Part, ABC):
    """How the target parameters are updated from the online ones.

    Both come as leaves with lanes first: `"parameters"` `[L, P]`, all of a lane's parameters in one row, padded with
    zeros (`rlzoo.lanes.rows`), and the network's buffers by name.
    """

    syncs: int = 0
    """How many updates there were, for the manifest."""

    @abstractmethod
    def start(self, online: Params) -> Params:
        """The target parameters at the start: equal to `online`, copied or the very same tensors."""

    def next_step(self, clock: Clock) -> int | None:
        """The next step at which `update` may change anything, if there is no update or end of an episode before.

        None for never. By default the next one; a later one allows several steps to be collected at once.
        """
        return clock.steps + 1

    @abstractmethod
    def update(self, online: Params, target: Params, clock: Clock) -> None:
        """Called after every vector step and every update; changes `target` in place if an update is due."""

    def explain(self, clock: Clock) -> Explanation:
        """Say what `update` has just done, or when it will do something, see `Explanation`."""
        return Explanation()
