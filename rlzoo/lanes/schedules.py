"""Numbers that change over a run, as plain functions of a count."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def linear(start: float, end: float, duration: float, count: float) -> float:
    """From `start` to `end` over `duration`, then `end`."""
    return start + (end - start) * min(count / duration, 1.0)


def exponential(start: float, end: float, decay: float, count: ArrayLike) -> np.ndarray:
    """`start`, multiplied by `decay` at every count, never below `end`."""
    return np.maximum(start * decay ** np.asarray(count), end)


def inverse(start: float, count: ArrayLike) -> np.ndarray:
    """`start` divided by the number of the current one, counted from 1 (`count` are already over)."""
    return np.asarray(start / (np.asarray(count) + 1))


def inverse_time(start: float, decay: float, count: float) -> float:
    """`start / (1 + decay * count)`, Keras's inverse-time decay."""
    return start / (1.0 + decay * count)
