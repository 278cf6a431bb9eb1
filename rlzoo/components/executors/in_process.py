"""One job after another, in the current process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rlzoo.components.executors.garbage import collect_garbage_as_usual
from rlzoo.contracts import Ended, Event, Executor, Failed, Message, Stop, Work


class InProcess(Executor):
    """Starts no process and sends nothing, which is fastest for a single job."""

    workers = 1

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        """Do the jobs in order."""
        collect_garbage_as_usual()
        for place, job in enumerate(jobs):
            if stop.requested:
                return
            try:
                for message in work(job, stop):
                    yield Message(place, message)
            except Exception as error:
                yield Failed(place, error)
            else:
                yield Ended(place)
