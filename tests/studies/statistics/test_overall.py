"""Coverage of intervals over all environments, where scores are normalized by the study's worst and best run.

These two are treated as known, so every study has its own true values. As in test_coverage.py, `pytest -s` prints the
table of docs/statistics.md.
"""

from __future__ import annotations

import numpy as np
import pytest

from rlzoo.results.bootstrap import interquartile_estimate
from rlzoo.results.statistics import interquartile_mean
from rlzoo.studies.analysis.comparisons import compare_with_base
from rlzoo.studies.analysis.measures import FINAL, MEASURES
from rlzoo.studies.analysis.score_table import ScoreTable
from rlzoo.studies.statistics.proportions import shares_above
from rlzoo.studies.statistics.sequential import Looks

from support.simulation import SHAPES, STUDIES, Sample, coverage, held, is_honest, worse
from support.small_studies import plan_of, variants

pytestmark = pytest.mark.slow
SEEDS = [8, 10, 30]
NORMAL, CAPPED, SKEWED, HALF, THIRD = SHAPES.values()
MIXES: dict[str, list[tuple[Sample, Sample]]] = {
    "three alike": [(worse(NORMAL, 30), NORMAL)] * 3,
    "normal, capped and half collapse, skewed": [(worse(NORMAL, 30), NORMAL), (HALF, CAPPED), (SKEWED, SKEWED)],
    "half and a third collapse, capped": [(THIRD, HALF), (CAPPED, worse(CAPPED, 100))],
}
"""In each environment the runs of a cell and of the base."""
FINAL_ONLY = [measure for measure in MEASURES if measure.key == FINAL]
GRID = 20_000


class Population:
    """What the runs of a mix are, as quantiles `[2, E, GRID]` of the base and of a cell, and what follows of it."""

    def __init__(self, name: str) -> None:
        self.mix, rng = MIXES[name], np.random.default_rng(0)
        draw = [[sample(rng, 1, 50 * GRID)[0] for sample in pair[::-1]] for pair in self.mix]
        self.quantiles = np.sort(draw)[:, :, 25::50].swapaxes(0, 1)
        self.mean = np.mean(draw, axis=2)
        self.better = float(np.mean([_beats(cell, base) for base, cell in self.quantiles.swapaxes(0, 1)]))

    def studies(self, seeds: int, count: int = STUDIES) -> list[ScoreTable]:
        rng = np.random.default_rng(1)
        runs = np.array([[sample(rng, count, seeds) for sample in pair[::-1]] for pair in self.mix])
        names = [f"{n}-v0" for n in range(len(self.mix))]
        return [
            ScoreTable(["base", "cell"], names, list(range(seeds)), {FINAL: item})
            for item in runs.transpose(2, 1, 0, 3)
        ]


def spans(scores: ScoreTable) -> tuple[np.ndarray, np.ndarray]:
    """The worst run of a study in each environment, and how far the best is from it."""
    low, high = np.array([scores.span(FINAL, environment) for environment in scores.environments]).T
    return low, high - low


def _beats(cell: np.ndarray, base: np.ndarray) -> float:
    below = np.searchsorted(base, cell, "left") + np.searchsorted(base, cell, "right")
    return float(below.mean() / 2 / len(base))


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", MIXES)
def test_comparisons(name: str, seeds: int) -> None:
    population = Population(name)
    plan = plan_of(variants("base", "cell"), environments=[f"{n}-v0" for n in range(len(population.mix))], seeds=seeds)
    found, differences = [], []
    for scores in population.studies(seeds):
        found.append(compare_with_base(plan, scores, FINAL_ONLY, Looks())[-1])
        _, span = spans(scores)
        differences.append(float(((population.mean[:, 1] - population.mean[:, 0]) / span).mean()))
    assert {item.environment for item in found} == {None}
    shares = [
        coverage(f"difference over all | {name} | {seeds}", differences, [item.difference for item in found]),
        coverage(f"improvement over all | {name} | {seeds}", population.better, [item.improvement for item in found]),
    ]
    assert all(map(is_honest, shares))


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", MIXES)
def test_inter_quartile_means(name: str, seeds: int) -> None:
    population, found, truths = Population(name), [], []
    for scores in population.studies(seeds):
        low, span = spans(scores)
        found.append(interquartile_estimate(scores.strata(FINAL, None, "cell")))
        scaled = (population.quantiles[1, :, ::20] - low[:, None]) / span[:, None]
        truths.append(float(interquartile_mean(scaled.ravel())))
    assert is_honest(coverage(f"inter-quartile mean over all | {name} | {seeds}", truths, found))


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", MIXES)
def test_profiles(name: str, seeds: int) -> None:
    """On average over scores, where some runs are on either side."""
    population, holds = Population(name), []
    thresholds = np.linspace(0.05, 0.95, 19)
    for scores in population.studies(seeds):
        low, span = spans(scores)
        _, lower, upper = shares_above(scores.strata(FINAL, None, "cell"), thresholds)
        scaled = [low[n] + span[n] * thresholds for n in range(len(span))]
        below = [np.searchsorted(item, at, "right") for item, at in zip(population.quantiles[1], scaled, strict=True)]
        truth = 1 - np.mean(below, axis=0) / GRID
        inner = (truth > 0.02) & (truth < 0.98)
        holds.extend(((lower <= truth) & (truth <= upper))[inner])
    assert is_honest(held(f"profile over all | {name} | {seeds}", np.array(holds)))
