"""Score distributions of simulated runs, and the coverage of intervals."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence

import numpy as np

from rlzoo.results.statistics import Estimate

Sample = Callable[[np.random.Generator, int, int], np.ndarray]
"""Generator, studies and seeds to scores `[studies, seeds]`."""
STUDIES = int(os.environ.get("STUDIES", "2_000"))
NOISE = 2 * math.sqrt(0.95 * 0.05 / STUDIES)
"""Two standard errors of a coverage of 95%: one point with 2,000 studies."""


def collapsing(share: float) -> Sample:
    """Runs that learn, except for a share that earn almost nothing."""
    return lambda rng, *shape: np.where(rng.random(shape) < share, 50, 400) + rng.normal(0, 20, shape)


SHAPES: dict[str, Sample] = {
    "normal": lambda rng, *shape: rng.normal(200, 30, shape),
    "capped at 500": lambda rng, *shape: np.minimum(500, rng.normal(450, 80, shape)),
    "skewed": lambda rng, *shape: 100 * rng.lognormal(0, 0.5, shape),
    "half collapse": collapsing(0.5),
    "a third collapse": collapsing(0.3),
}


def worse(sample: Sample, by: float) -> Sample:
    return lambda rng, *shape: sample(rng, *shape) - by


def coverage(row: str, truth: float | Sequence[float], estimates: Sequence[Estimate]) -> float:
    """The share of intervals that contain the truth (one value, or one for each); `pytest -s` prints it."""
    found = [(item.low, item.high) for item in estimates if item.low is not None and item.high is not None]
    assert len(found) == len(estimates)
    low, high = np.array(found).T
    return held(row, (low - 1e-12 <= truth) & (truth <= high + 1e-12))


def held(row: str, holds: np.ndarray) -> float:
    share = float(holds.mean())
    print(f"\n| {row} | {share:.1%} |", end="")
    return share


def is_honest(share: float) -> bool:
    """Whether the coverage is 93% to 97%, up to the noise of the simulation."""
    return 0.93 - NOISE <= share <= 0.97 + NOISE
