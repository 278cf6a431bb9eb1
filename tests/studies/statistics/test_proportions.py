from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, mannwhitneyu

from rlzoo.studies.statistics.proportions import improvement, shares_above


def pair(seeds: int = 10, better: float = 0.5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(better, 1, seeds).round(1), rng.normal(0, 1, seeds + 2).round(1)


def test_improvement_is_the_share_of_won_duels() -> None:
    first, second = pair()
    duels = [(a > b) + 0.5 * (a == b) for a in first for b in second]
    assert improvement([(first, second)]).value == pytest.approx(np.mean(duels))
    assert improvement([(first, second)]).value == pytest.approx(mannwhitneyu(first, second).statistic / len(duels))


def test_its_bounds_solve_newcombes_equation() -> None:
    first, second = pair()
    estimate = improvement([(first, second)])
    m, n = len(first), len(second)
    for p in (estimate.low, estimate.high):
        item, other = p / (2 - p), 2 * p**2 / (1 + p)  # Hanley and McNeil, with as many of both
        variance = (p * (1 - p) + ((m + n) / 2 - 1) * (item - p**2 + other - p**2)) / (m * n)
        assert abs(p - estimate.value) == pytest.approx(1.959964 * variance**0.5, rel=1e-5)


def test_who_beats_whom_is_symmetric() -> None:
    first, second = pair()
    one, other = improvement([(first, second)]), improvement([(second, first)])
    assert [1 - other.value, 1 - other.high, 1 - other.low] == pytest.approx([one.value, one.low, one.high])


def test_winning_every_duel_is_no_certainty() -> None:
    estimate = improvement([(np.arange(10) + 100.0, np.arange(10.0))])
    assert (estimate.value, estimate.high) == (1, 1)
    assert 0.75 < estimate.low < 0.85
    other = improvement([(np.arange(10.0), np.arange(10) + 100.0)])
    assert (other.value, other.low) == (0, 0)
    assert other.high == pytest.approx(1 - estimate.low)


def test_too_few_runs_have_no_interval() -> None:
    assert improvement([(np.arange(4.0), np.arange(9.0))]).low is None
    assert improvement([pair(), (np.arange(4.0), np.arange(9.0))]).low is None


def test_over_environments_it_is_their_mean_and_more_certain() -> None:
    strata = [pair(seed=seed) for seed in range(4)]
    single = [improvement([stratum]) for stratum in strata]
    estimate = improvement(strata)
    assert estimate.value == pytest.approx(np.mean([item.value for item in single]))
    assert estimate.high - estimate.low == pytest.approx(
        np.mean([item.high - item.low for item in single]) / 2, rel=0.1
    )


def test_a_share_has_wilsons_interval() -> None:
    runs = np.arange(10.0)
    share, low, high = shares_above([runs], np.array([-1.0, 3.0, 6.5, 9.0]))
    assert share.tolist() == [1, 0.6, 0.3, 0]
    for count, *bounds in zip((10, 6, 3, 0), low, high, strict=True):
        assert bounds == pytest.approx(list(binomtest(count, 10).proportion_ci(method="wilson")), abs=1e-12)


def test_a_share_over_environments_weighs_them_equally() -> None:
    share, low, high = shares_above([np.arange(10.0), np.arange(20.0) - 100], np.array([4.5]))
    assert share.tolist() == [0.25]
    assert low[0] < 0.25 < high[0]


def test_strata_that_are_alike_are_as_good_as_one_that_is_larger() -> None:
    runs = np.arange(10.0)
    three, one = (shares_above(strata, np.array([3.5])) for strata in ([runs] * 3, [np.tile(runs, 3)]))
    np.testing.assert_allclose(three, one)


def test_strata_that_are_sure_of_their_share_make_the_mean_more_certain() -> None:
    mixed = np.append(np.zeros(5), np.ones(5))
    alike = shares_above([mixed, mixed], np.array([0.5]))
    apart = shares_above([np.zeros(10), np.ones(10)], np.array([0.5]))
    assert alike[0] == apart[0] == 0.5
    assert alike[1] < apart[1] < 0.5 < apart[2] < alike[2]


def test_a_stratum_with_more_runs_makes_the_mean_more_certain() -> None:
    (_, low, _), (_, lower, _) = (
        shares_above([np.arange(10.0), np.tile(np.arange(10.0), times)], np.array([4.5])) for times in (3, 1)
    )
    assert lower < low < 0.5
    few, many = ([pair(), pair(times * 10)] for times in (1, 3))
    assert np.ptp([improvement(many).low, improvement(many).high]) < np.ptp(
        [improvement(few).low, improvement(few).high]
    )


def test_environments_in_which_all_is_won_are_no_certainty() -> None:
    estimate = improvement([(np.arange(10) + 100.0, np.arange(10.0))] * 3)
    assert (estimate.value, estimate.high) == (1, 1)
    assert 0.9 < estimate.low < 0.97
