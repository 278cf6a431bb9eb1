"""Intervals of shares and probabilities that are also valid near 0 and 1, where a bootstrap has no variation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from rlzoo.results.statistics import FEWEST_SEEDS, Estimate

_EDGE = 1e-9
"""At exactly 0 and 1 the variance is 0, which would be mistaken for a bound."""
Band = tuple[np.ndarray, np.ndarray, np.ndarray]
"""A share with its lower and upper bound at each of `G` thresholds."""


def improvement(strata: Sequence[tuple[np.ndarray, np.ndarray]], alpha: float = 0.05) -> Estimate:
    """The probability that a run of the first beats one of the second, ties counting half (Agarwal et al., 2021).

    Each stratum (environment) has the scores `[S]` of the first and the second; the result is the mean over strata.
    The interval is Newcombe's (2006) method 5; None if a side has fewer than `FEWEST_SEEDS` runs.
    """
    shares = [_share_won(first, second) for first, second in strata]
    value = float(np.mean(shares))
    if min(min(len(first), len(second)) for first, second in strata) < FEWEST_SEEDS:
        return Estimate(value)
    sizes = np.array([(len(first), len(second)) for first, second in strata])
    typical = len(sizes) / (1 / sizes).sum(0)
    z = -float(ndtri(alpha / 2))
    widths = [np.ptp(_newcombe(share, size, z)) for share, size in zip(shares, sizes, strict=True)]
    alike = np.ptp(_newcombe(value, typical, z))
    return Estimate(value, *_newcombe(value, typical, z * float(_effective_strata(np.array(widths), alike)) ** -0.5))


def shares_above(strata: Sequence[np.ndarray], thresholds: np.ndarray, alpha: float = 0.05) -> Band:
    """The share of runs above each of `[G]` thresholds, the mean over strata of `[S]` runs, with Wilson's interval."""
    sizes = np.array([len(stratum) for stratum in strata])
    shares = np.array([(stratum[:, None] > thresholds).mean(0) for stratum in strata])
    mean, typical = shares.mean(0), len(sizes) / float((1 / sizes).sum())
    widths = np.ptp(_wilson(shares, sizes[:, None], alpha), axis=0)
    alike = np.ptp(_wilson(mean, typical, alpha), axis=0)
    low, high = _wilson(mean, typical * _effective_strata(widths, alike), alpha)
    return mean, low, high


def _effective_strata(widths: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """The effective sample size of the mean over strata, as a multiple of one stratum (Korn and Graubard, 1998).

    `widths [E, ...]` are those of the strata's intervals, `alike` the width if every share were equal to the mean. With
    equal shares the multiple is `E`; otherwise it is larger, since unequal shares vary less. Widths stand in for
    variances, which are estimated as 0 where all runs agree.
    """
    return len(widths) * np.maximum(1, alike**2 / (widths**2).mean(0))


def _wilson(shares: np.ndarray, runs: np.ndarray | float, alpha: float) -> np.ndarray:
    from statsmodels.stats.proportion import proportion_confint

    return np.array(proportion_confint(shares * runs, shares * 0 + runs, alpha, method="wilson"))


def _share_won(first: np.ndarray, second: np.ndarray) -> float:
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
    """The variance of the estimate for a given probability (Hanley and McNeil, 1982, in Newcombe's form)."""
    p = probability
    others = (first + second) / 2 - 1
    return p * (1 - p) * (1 + others * ((1 - p) / (2 - p) + p / (1 + p))) / (first * second)
