"""Intervals of shares and probabilities, which stay honest near 0 and 1, where a bootstrap has nothing to redraw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from rlzoo.ablation.analysis import Estimate
from rlzoo.statistics import FEWEST_SEEDS

_EDGE = 1e-9
"""Right at 0 and 1 the variance is 0, which would pass for a bound."""
Band = tuple[np.ndarray, np.ndarray, np.ndarray]
"""A share with its lower and upper bound at each of `G` thresholds."""


def improvement(strata: Sequence[tuple[np.ndarray, np.ndarray]], alpha: float = 0.05) -> Estimate:
    """The probability that a run of the first beats one of the second, ties counting half (Agarwal et al., 2021).

    Each stratum (environment) has the scores `[S]` of the first and the second; the result is the mean over strata.
    The interval of one is Newcombe's (2006) method 5. None if a side has fewer than `FEWEST_SEEDS` runs.
    """
    estimates = [_beats(first, second, alpha) for first, second in strata]
    value = float(np.mean([estimate.value for estimate in estimates]))
    bounds = [(estimate.low, estimate.high) for estimate in estimates]
    known = [(low, high) for low, high in bounds if low is not None and high is not None]
    if len(known) < len(bounds):
        return Estimate(value)
    low, high = np.array(known).T
    _, mean_low, mean_high = mean_of(np.array([estimate.value for estimate in estimates]), low, high)
    return Estimate(value, float(mean_low), float(mean_high))


def shares_above(strata: Sequence[np.ndarray], thresholds: np.ndarray, alpha: float = 0.05) -> Band:
    """The share of runs above each of `[G]` thresholds, the mean over strata of `[S]` runs, with Wilson's interval."""
    from statsmodels.stats.proportion import proportion_confint

    above = [(stratum[:, None] > thresholds).sum(0) for stratum in strata]
    shares = np.array([count / len(stratum) for count, stratum in zip(above, strata, strict=True)])
    bounds = [
        proportion_confint(count, len(stratum), alpha, method="wilson")
        for count, stratum in zip(above, strata, strict=True)
    ]
    low, high = np.array(bounds).swapaxes(0, 1)
    return mean_of(shares, low, high)


def mean_of(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> Band:
    """The mean of independent estimates `[E, ...]` and its interval from theirs (Zou and Donner, 2008)."""
    mean, strata = values.mean(0), len(values)
    down = np.sqrt(((values - low) ** 2).sum(0)) / strata
    up = np.sqrt(((high - values) ** 2).sum(0)) / strata
    return mean, mean - down, mean + up


def _beats(first: np.ndarray, second: np.ndarray, alpha: float) -> Estimate:
    difference = first[:, None] - second
    value = float(((difference > 0) + 0.5 * (difference == 0)).mean())
    if min(difference.shape) < FEWEST_SEEDS:
        return Estimate(value)
    z = -float(ndtri(alpha / 2))

    def outside(probability: float) -> float:
        return (probability - value) ** 2 - z**2 * _variance(probability, *difference.shape)

    low = float(brentq(outside, 0, min(value, 1 - _EDGE))) if value > 0 else 0.0
    high = float(brentq(outside, max(value, _EDGE), 1)) if value < 1 else 1.0
    return Estimate(value, low, high)


def _variance(probability: float, first: int, second: int) -> float:
    """Of the estimate, were this the probability (Hanley and McNeil, 1982, as Newcombe has it)."""
    p = probability
    others = (first + second) / 2 - 1
    return p * (1 - p) * (1 + others * ((1 - p) / (2 - p) + p / (1 + p))) / (first * second)
