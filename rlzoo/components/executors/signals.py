"""Ctrl-C, kill and a closed terminal: ask politely first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def obey(stop: Callable[[], None]) -> None:
    """In a worker: SIGTERM calls `stop`, however often it comes, and is how whoever started the worker asks it to end.

    A terminal sends Ctrl-C to all processes at once; here it is left to the one that started the others.
    """
    signal.signal(signal.SIGTERM, lambda *_: stop())
    for number in set(NUMBERS) - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Processes started inside never hear of Ctrl-C, not even while they begin; here it waits until afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """While inside, the first SIGINT, SIGTERM or SIGHUP calls `stop`; a second one ends things at once, as usual.

    Outside the main thread, where Python gives no signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in NUMBERS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(*_: Any) -> None:
        restore()
        stop()

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        restore()
