"""Executors run every job, pass on its messages, and continue when one fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rlzoo.contracts import Ended, Event, Failed, Message, Stop
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.executors import build_executor
from rlzoo.testing.case import Case
from rlzoo.testing.verdict import RuleSkipped, require

JOBS = (3, -4, 40)
"""The number each job counts to; a negative job then fails."""


def check_jobs(case: Case) -> None:
    """Every job runs; its messages arrive in order, followed by `Ended`, or `Failed` with its error."""
    try:
        executor = build_executor(case.catalog, case.name)
    except BadInput as error:
        raise RuleSkipped(f"cannot be built here: {error}") from error
    require(
        executor.workers >= 1,
        f"`workers` must be at least 1, not {executor.workers}",
    )
    received: dict[int, list[Any]] = {job: [] for job in range(len(JOBS))}
    for event in executor.run(count, JOBS, Stop()):
        received[event.job].append(_content(event))
    ends = ("ended" if goal >= 0 else "negative job" for goal in JOBS)
    expected = {job: [*range(abs(goal)), end] for job, (goal, end) in enumerate(zip(JOBS, ends, strict=True))}
    require(received == expected, f"the events of the jobs were {received}, not {expected}")


def _content(event: Event) -> Any:
    match event:
        case Message(_, message):
            return message
        case Failed(_, error):
            return str(error)
        case Ended():
            return "ended"


def count(job: int, stop: Stop) -> Iterator[int]:
    """Count to a number, one message each."""
    for number in range(abs(job)):  # noqa: UP028 - Ray sends to generators, which a range does not take
        yield number
    if job < 0:
        raise ValueError("negative job")
