"""Schedules, as plain functions of a count."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def linear(start: float, end: float, duration: float, count: float) -> float:
    """Change linearly from `start` to `end` over `duration`, then stay at `end`."""
    return start + (end - start) * min(count / duration, 1.0)


def exponential(start: float, end: float, decay: float, count: ArrayLike) -> np.ndarray:
    """`start * decay ** count`, but at least `end`."""
    return np.maximum(start * decay ** np.asarray(count), end)


def inverse(start: float, count: ArrayLike) -> np.ndarray:
    """`start / (count + 1)`."""
    return np.asarray(start / (np.asarray(count) + 1))


def inverse_time(start: float, decay: float, count: float) -> float:
    """`start / (1 + decay * count)`, inverse-time decay as in Keras."""
    return start / (1.0 + decay * count)
