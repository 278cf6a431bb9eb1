"""How many seeds are enough: adding some until an interval is narrow, without fooling oneself by looking often.

A group-sequential procedure with Pocock's (1977) bound: the looks are fixed beforehand, each doubles the seeds, and all
have the same level, such that their intervals hold together in 95 % of studies. So the interval at which it stopped
holds, too, whatever made it stop. The level is that of normal means, and every statistic has its interval at this level
by its own distribution (Jennison and Turnbull, 2000, call it the significance level approach).
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
"""At the first of several looks, whose intervals are wider, since these need to know more: where a third of all runs
collapse, three of a hundred studies of ten seeds show none that did. Each of four looks may err in fewer."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True)
class Looks:
    """How many seeds there are at each look of a study; none where it is looked at once, when it is over."""

    sizes: tuple[int, ...] = ()

    @property
    def alpha(self) -> float:
        """The error that an interval may have, such that those of all looks hold together in 95 % of studies."""
        return _level(self.sizes) if len(self.sizes) > 1 else ALPHA

    @property
    def level(self) -> str:
        """What its intervals are called: `95 %`, or more where there are several looks."""
        return f"{100 * (1 - self.alpha):.3g} %"

    def p_value(self, p: float | None) -> float | None:
        """The probability of such a p value at any look: below 0.05 exactly where `p` is below `alpha`."""
        if p is None or p == 0 or len(self.sizes) < 2:
            return p
        return min(1.0, len(self.sizes) * p, _any_beyond(-float(ndtri(p / 2)), self.sizes))


def planned_looks(first: int, limit: int) -> list[int]:
    """After how many seeds the intervals are looked at: `first`, twice as many, and so on until `limit`.

    Raises BadInput where `first` is below `FEWEST_TO_LOOK`, or above the limit.
    """
    if first < FEWEST_TO_LOOK:
        raise BadInput(f"adding seeds until intervals are narrow begins with {FEWEST_TO_LOOK} or more, not {first}")
    if limit < first:
        raise BadInput(f"the limit of {limit} seeds is below the {first} to begin with")
    looks = [first]
    while looks[-1] < limit:
        looks.append(min(2 * looks[-1], limit))
    return looks


@dataclass(frozen=True)
class Decision:
    """What a look says."""

    stop: bool
    seeds: int
    """How many seeds there should be: as many as now, or those of the next look."""
    widest: float | None
    """The width of the widest interval; None where one cannot be told."""


def decide(differences: Iterable[np.ndarray], seeds: int, width: float, looks: Sequence[int]) -> Decision:
    """Whether the intervals of all paired differences, `[S]` each, are as narrow as `width`, at a look of `seeds`."""
    alpha = Looks(tuple(looks)).alpha
    widths = [_width(values, alpha) for values in differences]
    known = [found for found in widths if found is not None]
    narrow = len(known) == len(widths) and max(known, default=0.0) <= width
    later = [look for look in looks if look > seeds]
    stop = narrow or not later
    widest = max(known) if known and len(known) == len(widths) else None
    return Decision(stop, seeds if stop else later[0], widest)


def _width(differences: np.ndarray, alpha: float) -> float | None:
    """None where there are too few; 0 where they are all equal."""
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

    From one look to the next these means are a Markov chain, so it is an integral after the other (Armitage, McPherson
    and Rowe, 1969). `scipy.stats.multivariate_normal.cdf` has them all at once, but only by random numbers, to five
    digits: that is too few for small p values, and not the same in all of its versions.
    """
    means, weights = bound * _NODES, bound * _WEIGHTS
    density = _normal(means)  # of means that have not been beyond
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
