"""Differences between two cells that trained with the same seeds: all of it from one paired t test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import isnan

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, nctdtr, ndtr, ndtri, stdtr, stdtrit

from rlzoo.ablation.analysis import Estimate
from rlzoo.statistics import FEWEST_SEEDS

_LARGE = 1_000.0
"""Noncentral t has its bounds in proportion to t from here on, to four digits, and takes minutes far beyond."""
_RATIOS = 0.1, 5.0
"""Bounds of how much more an effect size may vary than one of normal differences: few pairs do not say more."""
POWER = 0.8
"""How often a difference of the detectable size would have been found."""


def mean_estimate(differences: np.ndarray, alpha: float = 0.05) -> Estimate:
    """The mean of `[S]` differences with Student's interval; none below `FEWEST_SEEDS`, or where they are all equal."""
    value = float(differences.mean())
    if _says_nothing(differences):
        return Estimate(value)
    half = -float(stdtrit(len(differences) - 1, alpha / 2)) * _standard_error(differences)
    return Estimate(value, value - half, value + half)


def p_value(differences: np.ndarray) -> float | None:
    """Of the hypothesis that the mean is 0; None below `FEWEST_SEEDS`.

    It is below `alpha` exactly where `mean_estimate` excludes 0. Where all differences are the same number the t test
    has no answer, and the sign test gives it.
    """
    pairs = len(differences)
    if pairs < FEWEST_SEEDS:
        return None
    if _constant(differences):
        return 2 * 0.5**pairs if differences.any() else 1.0
    return 2 * float(stdtr(pairs - 1, -abs(differences.mean()) / _standard_error(differences)))


def effect_size(differences: np.ndarray, alpha: float = 0.05) -> Estimate | None:
    """The mean in standard deviations, with Hedges' (1981) correction.

    The interval is that of the noncentral t distribution, with the variance that an effect size has for differences of
    their skewness and kurtosis; it excludes 0 exactly where `p_value` is below `alpha`. None where the differences do
    not vary but are not 0, since there is no such number.
    """
    pairs = len(differences)
    if pairs < 2 or _constant(differences):
        return None if differences.any() else Estimate(0.0)
    t = float(differences.mean()) / _standard_error(differences)
    value = _hedges(pairs - 1) * t / pairs**0.5
    if pairs < FEWEST_SEEDS:
        return Estimate(value)
    return Estimate(value, -_largest_effect(-differences, -t, alpha), _largest_effect(differences, t, alpha))


def detectable(differences: np.ndarray, alpha: float = 0.05) -> float | None:
    """The mean difference that a t test of so many pairs of such spread finds 80 % of the time; None where unknown."""
    if _says_nothing(differences):
        return None
    return float(differences.std(ddof=1)) * _detectable_effect(len(differences), alpha)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's (1979) correction over those that are known.

    As `statsmodels.stats.multitest.multipletests` has it, which collects all garbage of the process at every call, and
    so would take most of a study's time.
    """
    known = np.array([p for p in p_values if p is not None])
    order = np.argsort(known)
    corrected = np.empty(len(known))
    corrected[order] = np.minimum(1, np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1)))
    left = iter(corrected.tolist())
    return [None if p is None else next(left) for p in p_values]


@lru_cache(maxsize=256)
def _detectable_effect(pairs: int, alpha: float) -> float:
    from statsmodels.stats.power import TTestPower

    return float(TTestPower().solve_power(nobs=pairs, alpha=alpha, power=POWER))


def _largest_effect(differences: np.ndarray, t: float, alpha: float) -> float:
    """The one whose t is as small as this in `alpha / 2` of cases, were it normal; farther out the more it varies."""
    pairs, z = len(differences), -float(ndtri(alpha / 2))
    near = float(np.clip(t, -_LARGE, _LARGE))
    unit = (t / near if near else 1.0) / pairs**0.5
    ratio = _variance_ratio(differences)

    def excess(noncentrality: float) -> float:
        below = float(nctdtr(pairs - 1, noncentrality, near))
        return (0.0 if isnan(below) else below) - float(ndtr(-z * ratio(noncentrality * unit) ** 0.5))  # NaN next to 0

    beyond, step = near, 1 + abs(near) / pairs**0.5
    while excess(beyond) > 0:
        beyond, step = beyond + step, 2 * step
    return float(brentq(excess, near, beyond)) * unit


def _variance_ratio(differences: np.ndarray) -> Callable[[float], float]:
    """How much more the effect size of such differences varies than that of normal ones, if the effect is so large.

    Its variance is `(1 - skewness * effect + (kurtosis - 1) / 4 * effect**2) / pairs` (Opdyke, 2007, has it for Sharpe
    ratios, which are the same number). Few pairs say little of their shape: five nothing, ten half of it.
    """
    pairs = len(differences)
    centred = differences - differences.mean()
    second, third, fourth = (float((centred**power).mean()) for power in (2, 3, 4))
    skewness = third / second**1.5 * (pairs * (pairs - 1)) ** 0.5 / (pairs - 2)
    excess = ((pairs + 1) * (fourth / second**2 - 3) + 6) * (pairs - 1) / ((pairs - 2) * (pairs - 3))
    known = 1 - FEWEST_SEEDS / pairs

    def ratio(effect: float) -> float:
        more = known * (excess * effect**2 / 4 - skewness * effect) / (1 + effect**2 / 2)
        return min(max(1 + more, _RATIOS[0]), _RATIOS[1])

    return ratio


def _hedges(df: int) -> float:
    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2))


def _standard_error(differences: np.ndarray) -> float:
    return float(differences.std(ddof=1)) / len(differences) ** 0.5


def _says_nothing(differences: np.ndarray) -> bool:
    return len(differences) < FEWEST_SEEDS or _constant(differences)


def _constant(differences: np.ndarray) -> bool:
    """Whether they are all equal, but for rounding."""
    return bool(np.ptp(differences) <= 1e-12 * np.abs(differences).max())
