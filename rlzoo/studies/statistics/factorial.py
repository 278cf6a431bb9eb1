"""Main effects and two-way interactions in a full factorial with seeds as blocks: repeated-measures ANOVA."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import fdtrc

from rlzoo.results.statistics import FEWEST_SEEDS


def contribution(scores: np.ndarray, factors: Sequence[int]) -> np.ndarray:
    """The deviation of each level of a factor (of each pair of levels, beyond both main effects) from a seed's mean.

    `scores` is `[S, levels of factor 0, levels of factor 1, ...]`; the result has the axes of `factors` only.
    """
    others = tuple(axis for axis in range(1, scores.ndim) if axis - 1 not in factors)
    means = scores.mean(others)
    for axis in range(1, means.ndim):
        means = means - means.mean(axis, keepdims=True)
    return means


def p_value(contributions: np.ndarray) -> float | None:
    """The p value of the hypothesis that all contributions `[S, levels]` or `[S, levels, levels]` are 0 on average.

    The F test of a repeated-measures analysis of variance with Greenhouse and Geisser's (1959) correction, since cells
    differ in spread. For a factor with two levels it equals the paired t test. None below `FEWEST_SEEDS`, or if the
    seeds do not differ.
    """
    seeds = len(contributions)
    df = int(np.prod([levels - 1 for levels in contributions.shape[1:]]))
    rows = contributions.reshape(seeds, -1)
    if seeds < FEWEST_SEEDS or df < 1:
        return None
    covariance = np.atleast_2d(np.cov(rows, rowvar=False))
    spread = float(np.trace(covariance))
    if spread <= 1e-24 * float((rows**2).max()):
        return None
    f = seeds * float((rows.mean(0) ** 2).sum()) / spread
    sphericity = spread**2 / (df * float((covariance**2).sum()))
    return float(fdtrc(df * sphericity, df * sphericity * (seeds - 1), f))
