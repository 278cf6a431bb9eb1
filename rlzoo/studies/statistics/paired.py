"""Differences between two cells trained on the same seeds, by the paired t test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.special import gammaln, stdtr

from rlzoo.results.statistics import FEWEST_SEEDS, is_constant, standard_error

POWER = 0.8
"""The probability of finding a difference of the detectable size."""


def p_value(differences: np.ndarray) -> float | None:
    """The p value of the hypothesis that the mean is 0; None below `FEWEST_SEEDS`.

    It is below `alpha` exactly if `mean_estimate` excludes 0. Where all differences are equal, the t test is undefined
    and the sign test is used.
    """
    pairs = len(differences)
    if pairs < FEWEST_SEEDS:
        return None
    if is_constant(differences):
        return 2 * 0.5**pairs if differences.any() else 1.0
    return 2 * float(stdtr(pairs - 1, -abs(differences.mean()) / standard_error(differences)))


def effect_size(differences: np.ndarray) -> float | None:
    """The mean in standard deviations, with Hedges' (1981) correction.

    None if it is undefined: with fewer than three pairs, or where the differences do not vary but are not 0. It has no
    interval, since no known method has its nominal coverage where runs collapse.
    """
    pairs = len(differences)
    if pairs < 3 or is_constant(differences):
        return None if differences.any() else 0.0
    return _hedges(pairs - 1) * float(differences.mean() / differences.std(ddof=1))


def detectable(differences: np.ndarray, alpha: float = 0.05) -> float | None:
    """The mean difference that a t test with this many pairs of this spread detects with 80% power; None if unknown."""
    if _is_uninformative(differences):
        return None
    return float(differences.std(ddof=1)) * _detectable_effect(len(differences), alpha)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's (1979) correction of the p values that are known.

    Equal to `statsmodels.stats.multitest.multipletests`, which runs the garbage collector at every call and would take
    most of the time of an analysis.
    """
    known = np.array([p for p in p_values if p is not None])
    order = np.argsort(known)
    corrected = np.empty(len(known))
    corrected[order] = np.minimum(1, np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1)))
    remaining = iter(corrected.tolist())
    return [None if p is None else next(remaining) for p in p_values]


@lru_cache(maxsize=256)
def _detectable_effect(pairs: int, alpha: float) -> float:
    from statsmodels.stats.power import TTestPower

    return float(TTestPower().solve_power(nobs=pairs, alpha=alpha, power=POWER))


def _hedges(df: int) -> float:
    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2))


def _is_uninformative(differences: np.ndarray) -> bool:
    return len(differences) < FEWEST_SEEDS or is_constant(differences)
