"""Checkpoints from which a run can be resumed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated

from rlzoo.contracts import CheckpointTimes, Component, Log, Meta, Observer, Run
from rlzoo.contracts.errors import BadInput
from rlzoo.results.checkpoints import CheckpointFolder
from rlzoo.results.files import flush_to_disk, shown

_log = logging.getLogger("rlzoo")


@dataclass(frozen=True)
class Checkpoints(Component):
    """checkpoint/: all that `rlzoo resume` needs to continue, at intervals and at the end."""

    minutes: Annotated[float, Meta(ge=0, description="minutes between checkpoints")] | None = 10.0
    steps: Annotated[int, Meta(ge=1, description="environment steps of each seed between checkpoints")] | None = None

    def build(self) -> Observer:
        """Build the observer."""
        return CheckpointObserver(self)


class CheckpointObserver(Observer):
    """Writes the checkpoints of a log. One that cannot be written costs a warning: training continues."""

    def __init__(self, options: Checkpoints) -> None:
        seconds = None if options.minutes is None else 60 * options.minutes
        self.checkpoints = [CheckpointTimes(seconds=seconds, steps=options.steps)]

    def log(self, run: Run, log: Log) -> None:
        """Write the checkpoints, after the tables are safely on disk: these never lack rows up to a checkpoint."""
        if not log.checkpoints:
            return
        try:
            flush_to_disk(run.path.glob("*.csv"))
            for seed, checkpoint in log.checkpoints.items():
                CheckpointFolder(run.path).write(seed, checkpoint)
        except (OSError, BadInput) as error:
            _log.warning("no checkpoint could be written in `%s`: %s; training continues", shown(run.path), error)
