"""How many seeds are enough: adding some until an interval is narrow, without fooling oneself by looking often.

A group-sequential procedure: the looks are fixed beforehand, each doubles the seeds, and an interval at one of `K`
looks has level `1 - 0.05 / K`. By Bonferroni's inequality all `K` intervals hold together in 95 % of studies, and so
does the one at which it stopped, whatever made it stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rlzoo.ablation.stats.paired import mean_estimate
from rlzoo.errors import BadInput
from rlzoo.statistics import FEWEST_SEEDS


def planned_looks(first: int, limit: int) -> list[int]:
    """After how many seeds the intervals are looked at: `first`, twice as many, and so on until `limit`.

    Raises BadInput where `first` is too few for an interval, or above the limit.
    """
    if first < FEWEST_SEEDS:
        raise BadInput(f"an interval needs {FEWEST_SEEDS} seeds to begin with, not {first}")
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
    widths = [_width(values, 0.05 / len(looks)) for values in differences]
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
