"""Intervals of shares and probabilities, which stay honest near 0 and 1, where a bootstrap has nothing to redraw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from rlzoo.results.statistics import FEWEST_SEEDS, Estimate

_EDGE = 1e-9
"""Right at 0 and 1 the variance is 0, which would pass for a bound."""
Band = tuple[np.ndarray, np.ndarray, np.ndarray]
"""A share with its lower and upper bound at each of `G` thresholds."""


def improvement(strata: Sequence[tuple[np.ndarray, np.ndarray]], alpha: float = 0.05) -> Estimate:
    """The probability that a run of the first beats one of the second, ties counting half (Agarwal et al., 2021).

    Each stratum (environment) has the scores `[S]` of the first and the second; the result is the mean over strata.
    The interval of one is Newcombe's (2006) method 5. None if a side has fewer than `FEWEST_SEEDS` runs.
    """
    shares = [_won(first, second) for first, second in strata]
    value = float(np.mean(shares))
    if min(min(len(first), len(second)) for first, second in strata) < FEWEST_SEEDS:
        return Estimate(value)
    sizes = np.array([(len(first), len(second)) for first, second in strata])
    typical = len(sizes) / (1 / sizes).sum(0)
    z = -float(ndtri(alpha / 2))
    widths = [np.ptp(_newcombe(share, size, z)) for share, size in zip(shares, sizes, strict=True)]
    alike = np.ptp(_newcombe(value, typical, z))
    return Estimate(value, *_newcombe(value, typical, z * float(_certainty(np.array(widths), alike)) ** -0.5))


def shares_above(strata: Sequence[np.ndarray], thresholds: np.ndarray, alpha: float = 0.05) -> Band:
    """The share of runs above each of `[G]` thresholds, the mean over strata of `[S]` runs, with Wilson's interval."""
    sizes = np.array([len(stratum) for stratum in strata])
    shares = np.array([(stratum[:, None] > thresholds).mean(0) for stratum in strata])
    mean, typical = shares.mean(0), len(sizes) / float((1 / sizes).sum())
    widths = np.ptp(_wilson(shares, sizes[:, None], alpha), axis=0)
    alike = np.ptp(_wilson(mean, typical, alpha), axis=0)
    low, high = _wilson(mean, typical * _certainty(widths, alike), alpha)
    return mean, low, high


def _certainty(widths: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """How many times as much as one stratum all of them know of their mean, from the widths `[E, ...]` of intervals.

    `alike` is how wide they would be, had all the mean for their share. Then `E` strata know `E` times as much, and
    otherwise more: shares apart vary less. It is the effective number of runs of surveys (Korn and Graubard, 1998),
    told by widths since an estimated variance is 0 where all runs agree.
    """
    return len(widths) * np.maximum(1, alike**2 / (widths**2).mean(0))


def _wilson(shares: np.ndarray, runs: np.ndarray | float, alpha: float) -> np.ndarray:
    from statsmodels.stats.proportion import proportion_confint

    return np.array(proportion_confint(shares * runs, shares * 0 + runs, alpha, method="wilson"))


def _won(first: np.ndarray, second: np.ndarray) -> float:
    difference = first[:, None] - second
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def _newcombe(value: float, sizes: np.ndarray, z: float) -> tuple[float, float]:
    first, second = sizes.tolist()

    def outside(probability: float) -> float:
        return (probability - value) ** 2 - z**2 * _variance(probability, first, second)

    low = float(brentq(outside, 0, min(value, 1 - _EDGE))) if value > 0 else 0.0
    high = float(brentq(outside, max(value, _EDGE), 1)) if value < 1 else 1.0
    return low, high


def _variance(probability: float, first: float, second: float) -> float:
    """Of the estimate, were this the probability (Hanley and McNeil, 1982, as Newcombe has it)."""
    p = probability
    others = (first + second) / 2 - 1
    return p * (1 - p) * (1 + others * ((1 - p) / (2 - p) + p / (1 + p))) / (first * second)
