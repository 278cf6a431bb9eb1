"""Bootstrap intervals of the inter-quartile mean over seeds, for plots and for studies (Agarwal et al., 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, stdtrit

from rlzoo.results.statistics import FEWEST_SEEDS, Estimate, interquartile_mean

RESAMPLES = 2_000


def interquartile_estimate(strata: Sequence[np.ndarray], alpha: float = 0.05) -> Estimate:
    """The inter-quartile mean of the runs of all strata (environments), `[S]` each, with its `1 - alpha` interval.

    The bootstrap is stratified: each environment's runs are resampled separately. Strata may differ in size but not be
    empty. No interval if one has fewer than `FEWEST_SEEDS` runs.
    """
    value = float(interquartile_mean(np.concatenate(strata)))
    fewest = min(map(len, strata))
    if fewest < FEWEST_SEEDS:
        return Estimate(value)
    low, high = np.quantile(bootstrap_means(strata), _percentiles(fewest, alpha))
    return Estimate(value, float(low), float(high))


def interquartile_curve(values: np.ndarray, alpha: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The inter-quartile mean over seeds with its interval at each of `G` steps.

    `values` is `[S, G]`, NaN where a seed has no value. Returns the mean, the lower and the upper bound, `[G]` each;
    NaN where no seed has a value, or too few have one for an interval.
    """
    ordered = np.sort(values.T, axis=-1)  # NaN last
    known = np.isfinite(ordered).sum(-1)
    mean, low, high = np.full((3, len(ordered)), np.nan)
    for seeds in set(known.tolist()) - {0}:
        at = known == seeds
        mean[at] = interquartile_mean(ordered[at, :seeds])
        if seeds >= FEWEST_SEEDS:
            resampled = ordered[at, :seeds] @ _weights(_draws((seeds,))).T
            low[at], high[at] = np.quantile(resampled, _percentiles(seeds, alpha), axis=-1)
    return mean, low, high


def bootstrap_means(strata: Sequence[np.ndarray]) -> np.ndarray:
    """The inter-quartile means of `RESAMPLES` stratified resamples, `[R]`; the same at every call."""
    scores = np.concatenate([np.sort(stratum) for stratum in strata])
    order = np.argsort(scores, kind="stable")
    return _weights(_draws(tuple(map(len, strata)))[:, order]) @ scores[order]


@lru_cache(maxsize=64)
def _draws(sizes: tuple[int, ...]) -> np.ndarray:
    """How often each run is drawn in each resample, `[R, N]`."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.multinomial(size, np.full(size, 1 / size), size=RESAMPLES) for size in sizes], axis=1)


def _weights(draws: np.ndarray) -> np.ndarray:
    """The weight of each run, in order of score, in the inter-quartile mean of each resample, `[R, N]`.

    The bootstrap is then one matrix product, and no resample has to be sorted: of the draws in order of score, those
    between the lowest and the highest quarter count.
    """
    runs = draws.shape[-1]
    cut = runs // 4
    inside = np.clip(draws.cumsum(-1), cut, runs - cut)
    return np.diff(inside, axis=-1, prepend=cut) / (runs - 2 * cut)


def _percentiles(seeds: int, alpha: float) -> tuple[float, float]:
    """The percentiles that bound the interval.

    Plain percentiles are too narrow with few seeds, so they are moved outwards by as much as Student's t is wider than
    the normal distribution (Hesterberg, 2015).
    """
    tail = float(ndtr(stdtrit(seeds - 1, alpha / 2)))
    return tail, 1 - tail
