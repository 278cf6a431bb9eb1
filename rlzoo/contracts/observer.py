"""The observer slot."""

from __future__ import annotations

from typing import Protocol

from rlzoo.contracts.log import Log
from rlzoo.contracts.run import Run


class Observer(Protocol):
    """Watches a run from outside the loop."""

    def start(self, run: Run) -> None:
        """The run is about to begin; its folder exists."""
        return

    def log(self, run: Run, log: Log) -> None:
        """Something happened in some lanes."""
        return

    def finish(self, run: Run) -> None:
        """The run is over; `run.status` says how. Called also after a failure or an interruption."""
        return
