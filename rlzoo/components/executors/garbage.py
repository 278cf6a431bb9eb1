"""Garbage collection in processes of rlzoo's command line."""

from __future__ import annotations

import atexit
import gc


def collect_less_garbage() -> None:
    """Look for cycles of garbage less often, and not at exit.

    Importing PyTorch creates a million objects. Looking for cycles in them takes a third of a second, twice.
    """
    gc.set_threshold(100_000, 50, 100)
    atexit.register(gc.freeze)
