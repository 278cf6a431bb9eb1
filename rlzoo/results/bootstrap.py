"""The inter-quartile mean of few runs, with a stratified bootstrap interval (Agarwal et al., 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, stdtrit

from rlzoo.results.statistics import FEWEST_SEEDS, RESAMPLES, interquartile_mean
from rlzoo.studies.analysis.tables import Estimate


def interquartile_estimate(strata: Sequence[np.ndarray], alpha: float = 0.05) -> Estimate:
    """The inter-quartile mean of the runs of all strata (environments), `[S]` each, with its `1 - alpha` interval.

    The strata may differ in size but are not empty. No interval if one is smaller than `FEWEST_SEEDS`.
    """
    value = float(interquartile_mean(np.concatenate(strata)))
    fewest = min(map(len, strata))
    if fewest < FEWEST_SEEDS:
        return Estimate(value)
    low, high = np.quantile(resampled(strata), _tails(fewest, alpha))
    return Estimate(value, float(low), float(high))


def interquartile_curve(values: np.ndarray, alpha: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same over seeds at each of `G` steps, `[S, G]` with NaN where a seed has no value: centre, low, high, `[G]`.

    NaN where there are no seeds, or too few for an interval.
    """
    ordered = np.sort(values.T, axis=-1)  # NaN last
    known = np.isfinite(ordered).sum(-1)
    centre, low, high = np.full((3, len(ordered)), np.nan)
    for seeds in set(known.tolist()) - {0}:
        at = known == seeds
        centre[at] = interquartile_mean(ordered[at, :seeds])
        if seeds >= FEWEST_SEEDS:
            drawn = ordered[at, :seeds] @ _weights(_draws((seeds,))).T
            low[at], high[at] = np.quantile(drawn, _tails(seeds, alpha), axis=-1)
    return centre, low, high


def resampled(strata: Sequence[np.ndarray]) -> np.ndarray:
    """The inter-quartile means of `RESAMPLES` redrawn studies, each stratum by itself; the same at every call."""
    scores = np.concatenate([np.sort(stratum) for stratum in strata])
    order = np.argsort(scores, kind="stable")
    return _weights(_draws(tuple(map(len, strata)))[:, order]) @ scores[order]


@lru_cache(maxsize=64)
def _draws(sizes: tuple[int, ...]) -> np.ndarray:
    """How often each run is drawn in each resample, `[R, N]`."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.multinomial(size, np.full(size, 1 / size), size=RESAMPLES) for size in sizes], axis=1)


def _weights(draws: np.ndarray) -> np.ndarray:
    """What each run, in order of score, adds to a resample's inter-quartile mean.

    With it a bootstrap is one matrix product, without sorting any resample: of the draws in order, only those after
    the lowest and before the highest quarter count.
    """
    runs = draws.shape[-1]
    cut = runs // 4
    inside = np.clip(draws.cumsum(-1), cut, runs - cut)
    return np.diff(inside, axis=-1, prepend=cut) / (runs - 2 * cut)


def _tails(seeds: int, alpha: float) -> tuple[float, float]:
    """Which percentiles to take: moved out as far as Student's t is wider than the normal (Hesterberg, 2015)."""
    tail = float(ndtr(stdtrit(seeds - 1, alpha / 2)))
    return tail, 1 - tail
