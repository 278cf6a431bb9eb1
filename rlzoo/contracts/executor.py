"""How work is handed out: what an executor does, and what it says while it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rlzoo.contracts.errors import RunFailed


class Stop:
    """A wish that work should end, kept by whoever asks and looked at by whoever works."""

    requested = False

    def request(self) -> None:
        """Ask for the end."""
        self.requested = True


Work = Callable[[Any, Stop], Iterator[Any]]
"""Does one job and says how it goes; ends early, and in order, once the stop is requested."""


class WorkerLost(RunFailed):
    """The process that did a job is gone: killed, out of memory, or its machine is."""


@dataclass(frozen=True)
class Message:
    """What a job reports while it runs; `job` is its index in the list."""

    job: int
    content: Any


@dataclass(frozen=True)
class Ended:
    """A job is over, because it is done or because it was asked to stop."""

    job: int


@dataclass(frozen=True)
class Failed:
    """A job raised `error`, or its worker was lost (`WorkerLost`)."""

    job: int
    error: Exception


Event = Message | Ended | Failed


class Executor(Protocol):
    """Does jobs, side by side. What comes of a job depends on nothing but the job."""

    workers: int
    """How many jobs are done at once."""

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        """Do all jobs; each one's events come in its order and end with `Ended` or `Failed`.

        Once the stop is requested no job begins, and those that run are asked to end. Where nobody listens any more
        (the iterator is closed) they are ended at once. `work` and jobs may be sent to other processes.
        """
        ...
