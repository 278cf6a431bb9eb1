from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import trim_mean, ttest_1samp

from rlzoo.results.statistics import FEWEST_SEEDS, Estimate, interquartile_mean, mean_estimate

from support.simulation import NOISE, SHAPES, STUDIES, coverage


@pytest.mark.parametrize("seeds", range(1, 14))
def test_the_interquartile_mean_is_the_one_of_the_literature(seeds: int) -> None:
    values = np.random.default_rng(seeds).normal(size=(3, seeds))
    np.testing.assert_allclose(interquartile_mean(values), trim_mean(values, 0.25, axis=-1))


@pytest.mark.parametrize("seeds", [8, 10, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_the_interval_of_a_mean_is_students(seeds: int, alpha: float) -> None:
    values = np.random.default_rng(0).normal(0.5, 1, seeds)
    estimate = mean_estimate(values, alpha)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(ttest_1samp(values, 0).confidence_interval(1 - alpha)))
    assert estimate.value == pytest.approx(values.mean())


def test_too_few_or_equal_values_have_no_interval() -> None:
    assert mean_estimate(np.arange(FEWEST_SEEDS - 1.0)).low is None
    assert mean_estimate(np.arange(FEWEST_SEEDS * 1.0)).low is not None
    assert mean_estimate(np.full(8, 2.5)) == Estimate(2.5)


@pytest.mark.parametrize("seeds", [8, 10, 30])
@pytest.mark.parametrize("name", SHAPES)
def test_the_interval_of_a_mean_covers_what_docs_statistics_says(name: str, seeds: int) -> None:
    """Rare large returns are missing from most small samples, so the mean of skewed runs is covered less often."""
    rng, sample = np.random.default_rng(1), SHAPES[name]
    truth = float(sample(rng, 1, 4_000_000).mean())
    share = coverage(f"mean | {name} | {seeds}", truth, [mean_estimate(runs) for runs in sample(rng, STUDIES, seeds)])
    least, most = (0.91, 0.94) if name == "skewed" else (0.925, 0.96)
    assert least - NOISE <= share <= most + NOISE
