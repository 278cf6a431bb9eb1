"""Statistics over seeds: the mean with Student's interval, and the inter-quartile mean.

The interval of the inter-quartile mean is in `rlzoo.results.bootstrap`. docs/statistics.md has the coverage of both.
"""

from __future__ import annotations

import msgspec
import numpy as np
from scipy.special import stdtrit

FEWEST_SEEDS = 8
"""With fewer seeds there is no interval. Where a third of all runs collapse, one sample of five seeds in seven has
none of them, and then no method knows that runs collapse."""


class Estimate(msgspec.Struct, frozen=True):
    """A number with its confidence interval; `low` and `high` are None where there are too few seeds for one."""

    value: float
    low: float | None = None
    high: float | None = None


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """The mean without the lowest and highest quarter of the seeds (Agarwal et al., 2021), `[..., S]` -> `[...]`."""
    seeds = values.shape[-1]
    cut = seeds // 4
    return np.sort(values, -1)[..., cut : seeds - cut].mean(-1)


def mean_estimate(values: np.ndarray, alpha: float = 0.05) -> Estimate:
    """The mean of `[S]` values with Student's `1 - alpha` interval.

    No interval below `FEWEST_SEEDS` values, or where all values are equal.
    """
    mean = float(values.mean())
    if len(values) < FEWEST_SEEDS or is_constant(values):
        return Estimate(mean)
    half_width = -float(stdtrit(len(values) - 1, alpha / 2)) * standard_error(values)
    return Estimate(mean, mean - half_width, mean + half_width)


def standard_error(values: np.ndarray) -> float:
    """The standard error of the mean of `[S]` values."""
    return float(values.std(ddof=1)) / len(values) ** 0.5


def is_constant(values: np.ndarray) -> bool:
    """Whether all values are equal, up to rounding."""
    return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())
