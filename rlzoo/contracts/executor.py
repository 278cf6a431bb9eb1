"""The executor: where the jobs of a run or a study are done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rlzoo.contracts.errors import RunFailed


class Stop:
    """A request to end work early, shared by whoever makes it and whoever works."""

    requested = False

    def request(self) -> None:
        """Request the end."""
        self.requested = True


Work = Callable[[Any, Stop], Iterator[Any]]
"""Does one job and yields messages about it; ends early, in good order, once the stop is requested."""


class WorkerLost(RunFailed):
    """The worker of a job is gone: killed, out of memory, or its machine was lost."""


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


class Executor(ABC):
    """Does jobs in parallel. The result of a job depends on nothing but the job."""

    workers: int
    """How many jobs run at once."""
    shares_files: ClassVar[bool] = True
    """Whether jobs can read the files of this process."""

    @abstractmethod
    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        """Do all jobs; the events of each come in order and end with `Ended` or `Failed`.

        Once the stop is requested, no further job starts and running jobs are asked to end. If the iterator is closed,
        they are killed. `work` and `jobs` may be sent to other processes, so they must pickle.
        """
