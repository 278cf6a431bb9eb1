"""Commands that tests start, watch and interrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

SECONDS_TO_BEGIN = 60.0
"""For what a test waits for before it interrupts a command."""


@contextmanager
def started(
    command: Sequence[str | Path], until: Callable[[], object] = lambda: True, cwd: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A command in its own process group, once something has happened.

    At the end, the whole group is killed: workers that outlive their parent would hold its pipes open for ever.
    """
    child = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        latest = time.monotonic() + SECONDS_TO_BEGIN
        while not until():
            assert child.poll() is None, child.communicate(timeout=10)
            assert time.monotonic() < latest, f"nothing happened within {SECONDS_TO_BEGIN} s"
            time.sleep(0.02)
        yield child
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate(timeout=10)
