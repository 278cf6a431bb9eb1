from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from statsmodels.stats.multitest import multipletests

from rlzoo.results.statistics import Estimate, mean_estimate
from rlzoo.studies.statistics.paired import detectable, effect_size, holm, p_value


def differences(seeds: int = 10, mean: float = 0.5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1, seeds)


@pytest.mark.parametrize("seeds", [8, 10, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_interval_and_p_value_are_those_of_the_paired_t_test(seeds: int, alpha: float) -> None:
    item = differences(seeds)
    known = ttest_1samp(item, 0)
    estimate = mean_estimate(item, alpha)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(known.confidence_interval(1 - alpha)))
    assert estimate.value == pytest.approx(item.mean())
    assert p_value(item) == pytest.approx(known.pvalue)


def test_a_p_value_is_below_5_percent_exactly_where_the_interval_excludes_0() -> None:
    for seed in range(200):
        item = differences(seed=seed, mean=0.7)
        estimate = mean_estimate(item)
        assert (p_value(item) < 0.05) == (not estimate.low <= 0 <= estimate.high)


def test_too_few_seeds_say_nothing() -> None:
    item = differences(7)
    assert mean_estimate(item) == Estimate(item.mean())
    assert p_value(item) is None
    assert detectable(item) is None
    assert effect_size(item[:2]) is None  # the correction is 0 there


def test_differences_that_are_all_equal_have_no_interval_but_a_sign() -> None:
    assert mean_estimate(np.full(10, 0.1 + 0.2)) == Estimate(pytest.approx(0.3))
    assert p_value(np.full(10, -3.0)) == 2 / 2**10
    assert p_value(np.zeros(10)) == 1
    assert detectable(np.full(10, 3.0)) is None
    assert effect_size(np.full(10, 3.0)) is None
    assert effect_size(np.zeros(10)) == 0


def test_an_effect_size_is_the_mean_in_standard_deviations() -> None:
    item = np.random.default_rng(2).gamma(1, size=12)
    df = 11
    corrected = (1 - 3 / (4 * df - 1)) * item.mean() / item.std(ddof=1)  # as Hedges (1981) has it in short
    assert effect_size(item) == pytest.approx(corrected, rel=1e-3)
    assert effect_size(-item) == pytest.approx(-effect_size(item))
    assert effect_size(1e9 * item) == pytest.approx(effect_size(item))


def test_hedges_correction_takes_the_bias_away() -> None:
    found = [effect_size(differences(5, 1, seed)) for seed in range(4000)]
    assert np.mean(found) == pytest.approx(1, abs=0.03)  # 1.25 without it


@pytest.mark.parametrize("seeds", [8, 10, 30])
def test_the_detectable_difference_is_found_80_percent_of_the_time(seeds: int) -> None:
    rng = np.random.default_rng(1)
    spread = rng.normal(size=seeds)
    spread *= 20 / spread.std(ddof=1)  # exactly the spread of what is drawn below
    found = ttest_1samp(rng.normal(detectable(spread), 20, (10_000, seeds)), 0, axis=1).pvalue
    assert np.mean(found < 0.05) == pytest.approx(0.8, abs=0.015)


def test_holm_corrects_known_p_values() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, pytest.approx(0.06), pytest.approx(0.06)]
    assert holm([None]) == [None]
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_it_is_holms_correction_of_statsmodels(count: int) -> None:
    p_values = np.random.default_rng(count).beta(0.3, 3, count).tolist()
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist() if count else [])


def test_under_no_effect_a_family_has_a_false_positive_in_at_most_5_percent() -> None:
    rng = np.random.default_rng(2)
    p_values = ttest_1samp(rng.normal(size=(1000, 6, 10)), 0, axis=-1).pvalue
    assert np.mean([min(holm(family)) < 0.05 for family in p_values[:300].tolist()]) <= 0.08
    assert np.mean(p_values.min(1) < 0.05) > 0.2  # without the correction
