"""The optimizer slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from rlzoo.contracts.state import Stateful

if TYPE_CHECKING:
    from rlzoo.lanes.clock import Clock
    from rlzoo.lanes.params import Params


class Optimizer(Stateful, Protocol):
    """How gradients change the parameters, elementwise."""

    def start(self, params: Params) -> None:
        """Take the parameters to change: one leaf `[L, P]`, all of a lane's parameters in a row."""
        ...

    def step(self, clock: Clock) -> None:
        """Change the parameters in place by their `.grad`."""
        ...

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """Numbers worth a column in metrics.csv, each one for all lanes or `[L]`."""
        return {}
