"""Adding seeds until intervals are narrow enough, with valid intervals in spite of interim looks.

This is a group-sequential design with Pocock's (1977) bound. The looks (interim analyses) are fixed beforehand, and
each doubles the number of seeds. All looks have the same level, chosen so that their intervals have 95% coverage
together; the interval at which the study stopped is then valid, whatever made it stop. The level is computed for normal
means and applied to every statistic (the significance level approach of Jennison and Turnbull, 2000).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from rlzoo.contracts.errors import BadInput
from rlzoo.results.statistics import FEWEST_SEEDS, mean_estimate

ALPHA = 0.05
FEWEST_TO_LOOK = 12
"""The fewest seeds at the first of several looks. Their intervals have a higher level, which needs more seeds: where a
third of all runs collapse, 3% of samples of ten seeds contain none of them, more than one of four looks may err."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True)
class Looks:
    """The number of seeds at each interim look of a study; empty if it is analysed once, at the end."""

    sizes: tuple[int, ...] = ()

    @property
    def alpha(self) -> float:
        """The error of each interval for which those of all looks have 95% coverage together."""
        return _level(self.sizes) if len(self.sizes) > 1 else ALPHA

    @property
    def confidence(self) -> str:
        """The level of its intervals: `95%`, or more with several looks."""
        return f"{100 * (1 - self.alpha):.3g}%"

    def p_value(self, p: float | None) -> float | None:
        """The probability of such a p value at any look: below 0.05 exactly where `p` is below `alpha`."""
        if p is None or p == 0 or len(self.sizes) < 2:
            return p
        return min(1.0, len(self.sizes) * p, _any_beyond(-float(ndtri(p / 2)), self.sizes))


def planned_looks(first: int, limit: int) -> list[int]:
    """The numbers of seeds at which the intervals are looked at: `first`, twice as many, and so on up to `limit`.

    Raises BadInput if `first` is below `FEWEST_TO_LOOK` or above the limit.
    """
    if first < FEWEST_TO_LOOK:
        raise BadInput(f"--until-width needs at least {FEWEST_TO_LOOK} seeds to start with, not {first}")
    if limit < first:
        raise BadInput(f"--max-seeds {limit} is less than the {first} seeds to start with")
    looks = [first]
    while looks[-1] < limit:
        looks.append(min(2 * looks[-1], limit))
    return looks


@dataclass(frozen=True)
class Decision:
    """The outcome of a look."""

    stop: bool
    seeds: int
    """The number of seeds to have: the present one, or that of the next look."""
    widest: float | None
    """The width of the widest interval; None if one is unknown."""


def decide(differences: Iterable[np.ndarray], seeds: int, width: float, looks: Sequence[int]) -> Decision:
    """At a look at `seeds`: whether the intervals of all paired differences, `[S]` each, are at most `width` wide."""
    alpha = Looks(tuple(looks)).alpha
    widths = [_width(values, alpha) for values in differences]
    known = [found for found in widths if found is not None]
    narrow = len(known) == len(widths) and max(known, default=0.0) <= width
    later = [look for look in looks if look > seeds]
    stop = narrow or not later
    widest = max(known) if known and len(known) == len(widths) else None
    return Decision(stop, seeds if stop else later[0], widest)


def _width(differences: np.ndarray, alpha: float) -> float | None:
    """None with too few seeds; 0 if all differences are equal."""
    if len(differences) < FEWEST_SEEDS:
        return None
    estimate = mean_estimate(differences, alpha)
    return 0.0 if estimate.low is None or estimate.high is None else estimate.high - estimate.low


@lru_cache(maxsize=64)
def _level(sizes: tuple[int, ...]) -> float:
    bound = brentq(lambda z: _any_beyond(z, sizes) - ALPHA, 1, 10, xtol=1e-12)
    return 2 * float(ndtr(-bound))


def _any_beyond(bound: float, sizes: Sequence[int]) -> float:
    """The probability that the standardised mean of normal numbers is beyond `±bound` at one of the looks.

    From look to look these means are a Markov chain, so the probability is a sequence of one-dimensional integrals
    (Armitage, McPherson and Rowe, 1969). `scipy.stats.multivariate_normal.cdf` samples randomly and is accurate to five
    digits, too few for small p values, and its result depends on the version.
    """
    means, weights = bound * _NODES, bound * _WEIGHTS
    density = _normal(means)  # of means still within the bound
    beyond = 2 * float(ndtr(-bound))
    for before, now in pairwise(sizes):
        correlation = (before / now) ** 0.5
        spread = (1 - before / now) ** 0.5
        mass, expected = weights * density, correlation * means
        beyond += 2 * float(mass @ ndtr((expected - bound) / spread))
        density = _normal((means[:, None] - expected) / spread) @ mass / spread
    return beyond


def _normal(values: np.ndarray) -> np.ndarray:
    return np.exp(-(values**2) / 2) / (2 * np.pi) ** 0.5
