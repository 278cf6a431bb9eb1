"""What a check says: a rule is kept, broken, or could not be tried."""

from __future__ import annotations

import unittest


class Broken(AssertionError):
    """A rule is broken; the message says in which way."""


class Untried(unittest.SkipTest):
    """A rule cannot be tried here; the message says why. pytest counts it as skipped."""


def demand(kept: object, said: str) -> None:
    """Raise `Broken(said)` unless `kept`; unlike `assert`, also under `python -O`."""
    if not kept:
        raise Broken(said)
