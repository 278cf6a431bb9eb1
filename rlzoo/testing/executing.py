"""Executors do all jobs, say what each says, and go on when one fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rlzoo.api import build_executor
from rlzoo.contracts import Ended, Event, Failed, Message, Stop
from rlzoo.contracts.errors import BadInput
from rlzoo.testing.case import Case
from rlzoo.testing.verdict import Untried, demand

JOBS = (3, -4, 40)
"""How far each job counts; the one below 0 then fails."""


def check_jobs(case: Case) -> None:
    """Every job is done; what it says comes in order, then `Ended`, or `Failed` with its error."""
    try:
        executor = build_executor(case.catalog, case.name)
    except BadInput as error:
        raise Untried(f"it cannot be built here: {error}") from error
    demand(executor.workers >= 1, f"`workers` is {executor.workers}, but it is how many jobs are done at once")
    said: dict[int, list[Any]] = {job: [] for job in range(len(JOBS))}
    for event in executor.run(count, JOBS, Stop()):
        said[event.job].append(_told(event))
    ends = ("ended" if goal >= 0 else "a job below 0" for goal in JOBS)
    expected = {job: [*range(abs(goal)), end] for job, (goal, end) in enumerate(zip(JOBS, ends, strict=True))}
    demand(said == expected, f"jobs said {said}, not {expected}")


def _told(event: Event) -> Any:
    match event:
        case Message(_, message):
            return message
        case Failed(_, error):
            return str(error)
        case Ended():
            return "ended"


def count(job: int, stop: Stop) -> Iterator[int]:
    """Count to a number, as work."""
    for number in range(abs(job)):  # noqa: UP028 - Ray sends to generators, which a range does not take
        yield number
    if job < 0:
        raise ValueError("a job below 0")
