"""What every built part has in common: state that can be saved and restored, and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from rlzoo.lanes.clock import Clock

State = Mapping[str, Any]
"""Plain data by name. Arrays and lists have one entry per lane (their first axis); numbers, strings and None are the
same in all lanes. `Rows` and dictionaries of all these are allowed, too. So the lanes of a run can be saved, and
resumed, one by one."""


@dataclass(frozen=True)
class Rows:
    """Numbered rows of which new ones are only ever added at the end, such as the transitions of a replay.

    Those from number `first` up to `last` are there. A checkpoint stores each row once, so that saving a large replay
    again only costs what is new.
    """

    first: int
    last: int
    read: Callable[[int, int, int], Mapping[str, np.ndarray]]
    """`read(lane, begin, end)` copies rows of one lane: name to `[end - begin, ...]`."""


class Part:
    """A built part of a run. The defaults are those of a part that remembers nothing and reports nothing."""

    def state(self) -> State:
        """What the part needs to continue later. Random streams are not included: the run saves them itself."""
        return {}

    def load_state(self, state: State) -> None:
        """Restore what `state` returned, also of fewer or more lanes.

        Called once on a newly built part. Diagnostics may also call it during a run, to undo what they looked at.
        """
        return

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """Columns for metrics.csv: name to one number for all lanes, or an array `[L]`."""
        return {}

    def remarks(self) -> Sequence[str]:
        """What the user should know about each lane, `L` short texts, "" for nothing; empty if there is never any.

        They are in the manifest and in the table of seeds, and the first is logged as a warning.
        """
        return ()
