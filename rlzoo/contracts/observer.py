"""The observer slot."""

from __future__ import annotations

from collections.abc import Sequence

from rlzoo.contracts.checkpoint import CheckpointTimes
from rlzoo.contracts.log import Log
from rlzoo.contracts.run import Run
from rlzoo.contracts.stopping_rule import StoppingRule


class Observer:
    """Watches a run from outside the training loop."""

    transitions: bool = False
    """Whether it needs the transitions of training in the logs; then every step is taken by itself."""
    checkpoints: Sequence[CheckpointTimes] = ()
    """When logs should contain checkpoints; those at the end come with any times at all."""

    resumable: bool = True
    """Whether it can append to its files when a run is resumed."""

    def stopping_rule(self) -> StoppingRule | None:
        """A rule that may stop seeds early, copied for every seed; called before `start`. By default None."""
        return None

    def start(self, run: Run) -> None:
        """The run is about to begin; its folder exists."""
        return

    def log(self, run: Run, log: Log) -> None:
        """Receive what happened in some lanes since their last log."""
        return

    def finish(self, run: Run) -> None:
        """The run is over; `run.status` says how. Also called after a failure or an interruption."""
        return
