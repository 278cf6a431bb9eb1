"""Work for executors, which other processes can import."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

from rlzoo.contracts import Stop
from rlzoo.contracts.errors import BadInput


def count(job: int, stop: Stop) -> Iterator[tuple[int, int]]:
    """`job` messages."""
    for number in range(job):
        yield job, number


def misbehave(job: str, stop: Stop) -> Iterator[str]:
    """Say one thing, and then what the job says."""
    yield job
    if job == "raise":
        raise BadInput("no such thing")
    if job == "raise oddly":
        raise OddError("odd", lambda: None)
    if job == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    yield job


def linger(job: str, stop: Stop) -> Iterator[str]:
    """Go on until asked to stop, then say goodbye."""
    yield "begun"
    while not stop.requested:
        time.sleep(0.01)
    yield f"{job} stopped"


def process(job: int, stop: Stop) -> Iterator[int]:
    """The process it is done in."""
    yield os.getpid()


def shout(job: str, stop: Stop) -> Iterator[str]:
    """Say more than a line holds."""
    yield "begun"
    yield job * 10_000_000


def hang_around(job: str, stop: Stop) -> Iterator[str]:
    """Leave a thread behind that the process would wait for."""
    threading.Thread(target=time.sleep, args=(60,)).start()
    yield job


class LateToArrive:
    """Something to send to a process that takes a second to be received."""

    def __reduce__(self) -> tuple[Any, ...]:
        return time.sleep, (1.0,)


class OddError(Exception):
    """Cannot be sent to another process."""

    def __init__(self, text: str, reason: Any) -> None:
        super().__init__(text)
        self.reason = reason
