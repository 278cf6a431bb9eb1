"""Stopping in good order on Ctrl-C, SIGTERM and a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def stop_on_sigterm(stop: Callable[[], None]) -> None:
    """In a worker process, call `stop` on every SIGTERM, and ignore Ctrl-C.

    A terminal sends Ctrl-C to all processes; the parent handles it, and stops its workers by SIGTERM.
    """
    signal.signal(signal.SIGTERM, lambda *_: stop())
    for number in set(NUMBERS) - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Start processes that never receive Ctrl-C, not even during their start; here, it is delayed until afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting it would unblock Ctrl-C again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on the first SIGINT, SIGTERM or SIGHUP inside; a second one has its usual effect.

    A signal that is ignored stays ignored, as SIGHUP is under `nohup`. Outside the main thread, where Python delivers
    no signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in NUMBERS}
    before = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}

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
