"""The observer slot."""

from __future__ import annotations

from rlzoo.contracts.log import Log
from rlzoo.contracts.run import Run


class Observer:
    """Watches a run from outside the training loop."""

    def start(self, run: Run) -> None:
        """The run is about to begin; its folder exists."""
        return

    def log(self, run: Run, log: Log) -> None:
        """Receive what happened in some lanes since their last log."""
        return

    def finish(self, run: Run) -> None:
        """The run is over; `run.status` says how. Also called after a failure or an interruption."""
        return
