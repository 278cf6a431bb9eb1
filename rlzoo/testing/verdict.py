"""How a check reports that a rule is broken or cannot be checked."""

from __future__ import annotations

import unittest


class RuleBroken(AssertionError):
    """A rule is broken; the message describes the failure."""


class RuleSkipped(unittest.SkipTest):
    """A rule cannot be checked here; the message gives the reason. pytest reports it as skipped."""


def require(condition: object, message: str) -> None:
    """Raise `RuleBroken(message)` unless `condition` is true; unlike `assert`, also under `python -O`."""
    if not condition:
        raise RuleBroken(message)
