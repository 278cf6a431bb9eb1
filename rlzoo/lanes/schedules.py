"""Schedules, as plain functions of a count. Their settings are numbers, or `[L, 1]`, and so is the result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rlzoo.lanes.settings import Setting


def linear(start: Setting, end: Setting, duration: Setting, count: float) -> Any:
    """Change linearly from `start` to `end` over `duration`, then stay at `end`."""
    done = count / duration
    # NumPy's minimum takes ten times as long for a number, of which each step needs one.
    share = np.minimum(done, 1.0) if isinstance(done, np.ndarray) else min(done, 1.0)
    return start + (end - start) * share


def exponential(start: Setting, end: Setting, decay: Setting, count: ArrayLike) -> np.ndarray:
    """`start * decay ** count`, but at least `end`."""
    return np.maximum(start * decay ** np.asarray(count), end)


def inverse(start: Setting, count: ArrayLike) -> np.ndarray:
    """`start / (count + 1)`."""
    return np.asarray(start / (np.asarray(count) + 1))


def inverse_time(start: Setting, decay: Setting, count: float) -> Any:
    """`start / (1 + decay * count)`, inverse-time decay as in Keras."""
    return start / (1.0 + decay * count)
