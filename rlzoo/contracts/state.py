"""What every built part has in common: state that can leave and return, and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlzoo.lanes.clock import Clock

State = Mapping[str, Any]
"""Plain data: arrays, numbers, strings, None, and dictionaries of them."""


class Part:
    """A built part of a run. The defaults are those of a part that remembers nothing and reports nothing."""

    def state(self) -> State:
        """What the part needs to continue later. Random streams are not included: the run saves them itself."""
        return {}

    def load_state(self, state: State) -> None:
        """Restore what `state` returned. Called once, on a newly built part."""
        return

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """Columns for metrics.csv: name to one number for all lanes, or an array `[L]`."""
        return {}
