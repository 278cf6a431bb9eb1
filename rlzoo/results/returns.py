"""The return of a seed while it trains: the mean over its last episodes."""

from __future__ import annotations

import numpy as np

from rlzoo.contracts.log import WINDOW


def moving_average(values: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """The mean of the last `window` values up to each one, of all while there are fewer, `[K]` -> `[K]`."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    stop = np.arange(1, len(values) + 1)
    start = np.maximum(stop - window, 0)
    return (total[stop] - total[start]) / (stop - start)


def value_at(steps: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The last of `values [K]`, reached at `steps [K]`, at or before each of `at [G]`; NaN before the first, `[G]`."""
    return np.append(np.nan, values)[np.searchsorted(steps, at, side="right")]
