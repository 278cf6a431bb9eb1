from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from scipy.stats import trim_mean

from rlzoo.results.bootstrap import _draws, bootstrap_means, interquartile_curve, interquartile_estimate
from rlzoo.results.statistics import FEWEST_SEEDS, Estimate, interquartile_mean


def scores(*sizes: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(n, 1 + n, size) for n, size in enumerate(sizes)]


@pytest.mark.parametrize("sizes", [(8,), (10,), (8, 8), (8, 9, 13)])
def test_the_value_is_the_trimmed_mean_of_all_runs(sizes: tuple[int, ...]) -> None:
    strata = scores(*sizes)
    assert interquartile_estimate(strata).value == pytest.approx(trim_mean(np.concatenate(strata), 0.25))


@pytest.mark.parametrize("sizes", [(8,), (10,), (9, 9), (8, 9, 13)])
def test_resampling_by_weights_is_resampling_each_environment_by_itself(sizes: tuple[int, ...]) -> None:
    strata = scores(*sizes)
    runs = np.concatenate([np.sort(stratum) for stratum in strata])
    drawn = _draws(sizes)
    start = 0
    for size in sizes:
        assert (drawn[:, start : start + size].sum(1) == size).all()
        start += size
    expected = [interquartile_mean(np.repeat(runs, times)) for times in drawn]
    np.testing.assert_allclose(bootstrap_means(strata), expected)


def test_every_run_is_drawn_as_often_as_any_other() -> None:
    np.testing.assert_allclose(_draws((10, 5)).mean(0), 1, atol=0.1)


def test_too_few_seeds_in_any_environment_have_no_interval() -> None:
    assert interquartile_estimate(scores(FEWEST_SEEDS, FEWEST_SEEDS - 1)).low is None
    assert interquartile_estimate(scores(FEWEST_SEEDS, FEWEST_SEEDS)).low is not None


def test_the_order_of_seeds_does_not_matter() -> None:
    (item,) = scores(9)
    assert interquartile_estimate([item]) == interquartile_estimate([item[::-1]])


def test_the_interval_moves_and_scales_with_the_scores() -> None:
    (item,) = scores(10)
    one, other = interquartile_estimate([item]), interquartile_estimate([3 * item + 7])
    assert [other.value, other.low, other.high] == pytest.approx([3 * one.value + 7, 3 * one.low + 7, 3 * one.high + 7])
    assert interquartile_estimate([np.full(8, 2.5)]) == Estimate(2.5, 2.5, 2.5)


def test_a_smaller_error_makes_a_wider_interval() -> None:
    (item,) = scores(10)
    usual, strict = interquartile_estimate([item]), interquartile_estimate([item], alpha=0.01)
    assert strict.low < usual.low < usual.high < strict.high


def test_a_curve_is_the_estimate_at_each_step_of_the_seeds_that_have_a_value() -> None:
    values = np.random.default_rng(0).normal(size=(10, 4))
    values[:9, 0] = np.nan
    values[:, 1] = np.nan
    values[:2, 2] = np.nan
    centre, low, high = interquartile_curve(values)
    assert centre[0] == pytest.approx(values[9, 0])
    assert np.isnan([low[0], high[0], centre[1], low[1], high[1]]).all()
    for step, item in ((2, values[2:, 2]), (3, values[:, 3])):
        estimate = interquartile_estimate([item])
        assert [centre[step], low[step], high[step]] == pytest.approx([estimate.value, estimate.low, estimate.high])


@pytest.fixture
def rliable(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The arch that rliable 1.2 asks for uses a decorator that pandas 3 has changed; it only warns of old names."""
    from pandas.util import _decorators

    monkeypatch.setattr(_decorators, "deprecate_kwarg", lambda *names: lambda function: function)
    yield pytest.importorskip("rliable.library")
    np.random.seed()  # noqa: NPY002, rliable draws from the global generator


def test_rliable_finds_the_same_mean_and_interval(rliable: ModuleType) -> None:
    from rliable.metrics import aggregate_iqm

    np.random.seed(0)  # noqa: NPY002
    runs = np.random.default_rng(0).lognormal(size=(60, 3)) * [1, 2, 3]
    strata = list(runs.T)
    values, bounds = rliable.get_interval_estimates({"a": runs}, lambda x: np.array([aggregate_iqm(x)]), reps=2000)
    found = interquartile_estimate(strata)
    assert found.value == pytest.approx(values["a"][0])
    width = np.ptp(bounds["a"])
    assert np.quantile(bootstrap_means(strata), [0.025, 0.975]) == pytest.approx(bounds["a"][:, 0], abs=0.06 * width)
    assert [found.low, found.high] == pytest.approx(bounds["a"][:, 0], abs=0.1 * width)
