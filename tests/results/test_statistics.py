from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import trim_mean

from rlzoo.results.statistics import FEWEST_SEEDS, Statistic, interquartile_mean, interval, mean


@pytest.mark.parametrize("seeds", range(1, 14))
def test_the_interquartile_mean_is_the_one_of_the_literature(seeds: int) -> None:
    values = np.random.default_rng(seeds).normal(size=(3, seeds))
    np.testing.assert_allclose(interquartile_mean(values), trim_mean(values, 0.25, axis=-1))


def test_too_few_seeds_have_no_interval() -> None:
    assert interval(np.arange(FEWEST_SEEDS - 1.0), mean) is None
    assert interval(np.arange(FEWEST_SEEDS * 1.0), mean) is not None


def test_the_interval_moves_and_scales_with_the_values_and_holds_the_statistic() -> None:
    values = np.random.default_rng(0).normal(size=9)
    low, high = interval(values, mean) or (np.nan, np.nan)
    assert low < values.mean() < high
    np.testing.assert_allclose(interval(3 * values + 7, mean), (3 * low + 7, 3 * high + 7))
    assert interval(np.full(8, 2.5), mean) == (2.5, 2.5)


NOISE = 2 * (0.95 * 0.05 / 1000) ** 0.5
SAMPLES: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "normal": lambda rng, runs, seeds: rng.normal(size=(runs, seeds)),
    "capped": lambda rng, runs, seeds: np.minimum(500, rng.normal(450, 80, (runs, seeds))),
}


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("statistic", [mean, interquartile_mean])
@pytest.mark.parametrize("seeds", [8, 10])
def test_pitfall_20_intervals_over_seeds_cover_what_they_claim(sample: str, statistic: Statistic, seeds: int) -> None:
    rng = np.random.default_rng(1)
    truth = statistic(SAMPLES[sample](rng, 1, 1_000_000))[0]
    found = [interval(values, statistic) for values in SAMPLES[sample](rng, 1000, seeds)]
    covered = np.mean([low <= truth <= high for low, high in filter(None, found)])
    assert 0.93 - NOISE <= covered <= 0.97 + NOISE
