from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kurtosis, nct, norm, skew, ttest_1samp
from statsmodels.stats.multitest import multipletests

from rlzoo.ablation.analysis import Estimate
from rlzoo.ablation.stats.paired import detectable, effect_size, holm, mean_estimate, p_value


def differences(seeds: int = 10, mean: float = 0.5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1, seeds)


@pytest.mark.parametrize("seeds", [5, 10, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_interval_and_p_value_are_those_of_the_paired_t_test(seeds: int, alpha: float) -> None:
    own = differences(seeds)
    known = ttest_1samp(own, 0)
    estimate = mean_estimate(own, alpha)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(known.confidence_interval(1 - alpha)))
    assert estimate.value == pytest.approx(own.mean())
    assert p_value(own) == pytest.approx(known.pvalue)


def test_a_p_value_is_below_5_percent_exactly_where_the_interval_excludes_0() -> None:
    for seed in range(200):
        own = differences(seed=seed, mean=0.7)
        estimate = mean_estimate(own)
        assert (p_value(own) < 0.05) == (not estimate.low <= 0 <= estimate.high)


def test_too_few_seeds_say_nothing() -> None:
    own = differences(4)
    assert mean_estimate(own) == Estimate(own.mean())
    assert p_value(own) is None
    assert detectable(own) is None
    assert effect_size(own).low is None
    assert effect_size(own[:1]) is None


def test_differences_that_are_all_equal_have_no_interval_but_a_sign() -> None:
    assert mean_estimate(np.full(10, 0.1 + 0.2)) == Estimate(pytest.approx(0.3))
    assert p_value(np.full(10, -3.0)) == 2 / 2**10
    assert p_value(np.zeros(10)) == 1
    assert detectable(np.full(10, 3.0)) is None
    assert effect_size(np.full(10, 3.0)) is None
    assert effect_size(np.zeros(10)) == Estimate(0.0)


@pytest.mark.parametrize("mean", [-3.0, 0.0, 0.6, 40.0])
def test_of_five_the_effect_size_has_the_bounds_of_the_noncentral_t(mean: float) -> None:
    own = differences(5, mean)
    t = own.mean() / own.std(ddof=1) * 5**0.5
    estimate = effect_size(own)
    assert nct.sf(t, 4, estimate.low * 5**0.5) == pytest.approx(0.025, abs=1e-5)
    assert nct.cdf(t, 4, estimate.high * 5**0.5) == pytest.approx(0.025, abs=1e-5)


@pytest.mark.parametrize("mean", [-3.0, 0.0, 0.6, 40.0])
def test_of_more_its_bounds_know_the_shape_of_the_differences(mean: float) -> None:
    own = mean + np.random.default_rng(0).gamma(2, size=20)
    t = own.mean() / own.std(ddof=1) * 20**0.5
    estimate = effect_size(own)
    for bound, tail in ((estimate.low, nct.sf), (estimate.high, nct.cdf)):
        normal = 1 + bound**2 / 2
        shaped = 1 - skew(own, bias=False) * bound + (kurtosis(own, bias=False) + 2) / 4 * bound**2
        z = 1.959964 * (0.25 + 0.75 * shaped / normal) ** 0.5
        assert tail(t, 19, bound * 20**0.5) == pytest.approx(norm.sf(z), rel=1e-4)


@pytest.mark.parametrize("seeds", [5, 10, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.016])
def test_an_effect_size_excludes_0_exactly_where_the_p_value_says_so(seeds: int, alpha: float) -> None:
    drawn = np.random.default_rng(1).gamma(1, size=(300, seeds)) - 1.5
    for own in drawn:
        estimate = effect_size(own, alpha)
        assert estimate.low < estimate.value < estimate.high
        assert (p_value(own) < alpha) == (not estimate.low <= 0 <= estimate.high)


def test_the_effect_size_of_the_opposite_is_the_opposite() -> None:
    own = np.random.default_rng(2).gamma(1, size=12)
    one, other = effect_size(own), effect_size(-own)
    assert (-other.value, -other.high, -other.low) == pytest.approx((one.value, one.low, one.high))


@pytest.mark.parametrize("collapsed", [0.0, 0.5, -3.0, 1e6])
def test_one_that_differs_from_many_leaves_the_interval_of_an_effect_size_finite(collapsed: float) -> None:
    estimate = effect_size(np.append(np.full(99, 1.0), collapsed))
    assert estimate.low < estimate.value < estimate.high
    assert estimate.high - estimate.low < 10 * (1 + abs(estimate.value))


def test_hedges_correction_takes_the_bias_away() -> None:
    found = [effect_size(differences(5, 1, seed)).value for seed in range(4000)]
    assert np.mean(found) == pytest.approx(1, abs=0.03)  # 1.25 without it


def test_an_enormous_effect_is_not_slow() -> None:
    estimate = effect_size(1e9 + differences(10))
    assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize("seeds", [5, 10, 30])
def test_the_detectable_difference_is_found_80_percent_of_the_time(seeds: int) -> None:
    rng = np.random.default_rng(1)
    spread = rng.normal(size=seeds)
    spread *= 20 / spread.std(ddof=1)  # exactly the spread of what is drawn below
    found = ttest_1samp(rng.normal(detectable(spread), 20, (10_000, seeds)), 0, axis=1).pvalue
    assert np.mean(found < 0.05) == pytest.approx(0.8, abs=0.015)


def test_holm_corrects_what_is_known() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, pytest.approx(0.06), pytest.approx(0.06)]
    assert holm([None]) == [None]
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_it_is_holms_correction_of_statsmodels(count: int) -> None:
    p_values = np.random.default_rng(count).beta(0.3, 3, count).tolist()
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist() if count else [])


def test_under_no_effect_a_family_has_a_false_positive_in_at_most_5_percent() -> None:
    rng = np.random.default_rng(2)
    p_values = ttest_1samp(rng.normal(size=(1000, 6, 10)), 0, axis=-1).pvalue
    assert np.mean([min(holm(family)) < 0.05 for family in p_values[:300].tolist()]) <= 0.08
    assert np.mean(p_values.min(1) < 0.05) > 0.2  # without the correction
