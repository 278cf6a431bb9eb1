"""Garbage collection in processes of rlzoo's command line."""

from __future__ import annotations

import atexit
import gc

_USUAL, _LESS = gc.get_threshold(), (100_000, 50, 100)


def collect_less_garbage() -> None:
    """Look for cycles of garbage less often, and not at exit.

    Importing PyTorch creates a million objects. Looking for cycles in them takes a third of a second, twice.
    """
    gc.set_threshold(*_LESS)
    atexit.register(gc.freeze)


def collect_garbage_as_usual() -> None:
    """Look for cycles as often as Python does, but not among what has been imported, if that was put off before.

    Training needs it: an environment may leave a cycle with much memory at every reset, as those with Box2D do.
    """
    if gc.get_threshold() == _LESS:
        gc.freeze()
        gc.set_threshold(*_USUAL)
