from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri, stdtrit
from scipy.stats import multivariate_normal

from rlzoo.contracts.errors import BadInput
from rlzoo.results.bootstrap import interquartile_curve
from rlzoo.results.statistics import interquartile_mean, mean_estimate
from rlzoo.studies.statistics.proportions import improvement
from rlzoo.studies.statistics.sequential import Decision, Looks, decide, planned_looks

from support.simulation import SHAPES, STUDIES, held, is_honest


def test_looks_double_up_to_the_limit() -> None:
    assert planned_looks(12, 100) == [12, 24, 48, 96, 100]
    assert planned_looks(12, 12) == [12]
    with pytest.raises(BadInput, match="needs at least 12 seeds to start with, not 11"):
        planned_looks(11, 20)
    with pytest.raises(BadInput, match="--max-seeds 19 is less than the 20"):
        planned_looks(20, 19)


def test_seeds_are_added_until_the_widest_interval_is_narrow() -> None:
    narrow, wide = np.random.default_rng(0).normal(size=(2, 10)) * [[1], [50]]
    estimate = mean_estimate(wide, Looks((10, 20, 40)).alpha)
    width = estimate.high - estimate.low
    assert decide([narrow, wide], 10, width + 0.1, [10, 20, 40]) == Decision(True, 10, pytest.approx(width))
    assert decide([narrow, wide], 10, width - 0.1, [10, 20, 40]) == Decision(False, 20, pytest.approx(width))


def test_it_stops_at_the_limit() -> None:
    wide = np.random.default_rng(0).normal(size=40)
    decision = decide([wide], 40, 1e-9, [10, 20, 40])
    assert (decision.stop, decision.seeds) == (True, 40)


def test_an_unknown_width_is_not_narrow() -> None:
    assert decide([np.zeros(10), np.zeros(3)], 10, 100, [10, 20]) == Decision(False, 20, None)
    assert decide([np.zeros(10)], 10, 100, [10, 20]) == Decision(True, 10, 0.0)


@pytest.mark.parametrize(("count", "bound"), [(2, 2.178), (3, 2.289), (4, 2.361), (5, 2.413), (10, 2.555)])
def test_looks_after_equally_many_more_seeds_have_pococks_bounds(count: int, bound: float) -> None:
    """Jennison and Turnbull (2000), table 2.1."""
    assert -ndtri(Looks(tuple(range(10, 10 * count + 1, 10))).alpha / 2) == pytest.approx(bound, abs=6e-4)


def test_looks_are_as_likely_as_the_multivariate_normal_says() -> None:
    sizes = np.array([10, 20, 40, 80, 100])
    correlation = np.sqrt(np.minimum.outer(sizes, sizes) / np.maximum.outer(sizes, sizes))
    for z in (1.0, 2.0, 3.0):
        inside = multivariate_normal.cdf(np.full(5, z), cov=correlation, lower_limit=np.full(5, -z))
        assert Looks(tuple(sizes)).p_value(2 * ndtr(-z)) == pytest.approx(1 - inside, abs=2e-4)


def test_one_look_corrects_nothing() -> None:
    for once in (Looks(), Looks((10,))):
        assert (once.alpha, once.p_value(0.03), once.p_value(None)) == (0.05, 0.03, None)


@pytest.mark.parametrize("sizes", [(10, 20), (8, 16, 17), (10, 20, 40, 80, 81)])
def test_p_values_stay_in_order_between_one_test_and_independent_ones(sizes: tuple[int, ...]) -> None:
    looks, plain = Looks(sizes), np.logspace(-300, 0, 200)
    corrected = np.array([looks.p_value(p) for p in plain])
    assert (np.diff(corrected) > 0).all()
    assert (corrected >= plain).all()
    assert (corrected <= np.minimum(1, len(sizes) * plain)).all()
    assert looks.p_value(looks.alpha) == pytest.approx(0.05)
    assert looks.p_value(0.0) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("first", "limit"), [(12, 24), (12, 96), (20, 100)])
@pytest.mark.parametrize("name", SHAPES)
def test_the_intervals_of_all_looks_hold_together(name: str, first: int, limit: int) -> None:
    looks, rng, sample = planned_looks(first, limit), np.random.default_rng(3), SHAPES[name]
    differences = sample(rng, STUDIES, limit) - sample(rng, STUDIES, limit)
    together, plain = (
        np.all([_holds(differences[:, :seeds], alpha) for seeds in looks], axis=0)
        for alpha in (Looks(tuple(looks)).alpha, 0.05)
    )
    share = held(f"difference, all looks | {name} | {looks}", together)
    assert is_honest(share)
    assert held(f"plain intervals, all looks | {name} | {looks}", plain) < share - 0.02


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_so_do_those_of_other_statistics(name: str) -> None:
    looks, rng, sample = planned_looks(12, 96), np.random.default_rng(3), SHAPES[name]
    alpha = Looks(tuple(looks)).alpha
    truth = float(interquartile_mean(sample(rng, 1, 4_000_000))[0])
    cell, base = sample(rng, STUDIES, 96), sample(rng, STUDIES, 96)
    means = [interquartile_curve(cell[:, :seeds].T, alpha) for seeds in looks]
    middle = np.all([(low <= truth) & (truth <= high) for _, low, high in means], axis=0)
    better = [
        [improvement([(item[:seeds], other[:seeds])], alpha) for item, other in zip(cell, base, strict=True)]
        for seeds in looks
    ]
    even = np.all([[item.low <= 0.5 <= item.high for item in found] for found in better], axis=0)
    assert is_honest(held(f"inter-quartile mean, all looks | {name}", middle))
    assert is_honest(held(f"probability of improvement, all looks | {name}", even))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "width"), [("normal", 60), ("skewed", 90), ("half collapse", 250)])
def test_the_interval_at_which_it_stops_holds_the_truth(name: str, width: float) -> None:
    """More often than 95 %: it is one of all those that hold together. Plain intervals do so less often."""
    looks, rng, sample = planned_looks(12, 96), np.random.default_rng(3), SHAPES[name]
    alpha = Looks(tuple(looks)).alpha
    differences = sample(rng, STUDIES, looks[-1]) - sample(rng, STUDIES, looks[-1])
    stopped, shares = {}, {}
    for way, level in (("pocock", alpha), ("bonferroni", 0.05 / len(looks)), ("plain", 0.05)):
        at = stopped[way] = _stops(differences, width, looks, level)
        holds = np.choose(at, [_holds(differences[:, :seeds], level) for seeds in looks])
        shares[way] = held(f"{way} | {name}, until {width} | {np.take(looks, at).mean():.1f} seeds", holds)
    assert {0, 1, 2} <= set(stopped["pocock"])  # it does stop at several looks
    for item, at in zip(differences[:100], stopped["pocock"], strict=False):
        assert all(
            decide([item[:seeds]], seeds, width, looks).stop == (n == at) for n, seeds in enumerate(looks[: at + 1])
        )
    assert np.take(looks, stopped["pocock"]).mean() < np.take(looks, stopped["bonferroni"]).mean()
    assert 0.95 <= shares["pocock"] < shares["bonferroni"]


def _holds(differences: np.ndarray, alpha: float) -> np.ndarray:
    estimates = [mean_estimate(item, alpha) for item in differences]
    return np.array([item.low <= 0 <= item.high for item in estimates])


def _stops(differences: np.ndarray, width: float, looks: list[int], alpha: float) -> np.ndarray:
    """At which look each study does."""
    spread = [differences[:, :seeds].std(1, ddof=1) / seeds**0.5 for seeds in looks]
    narrow = [-2 * stdtrit(seeds - 1, alpha / 2) * item <= width for seeds, item in zip(looks, spread, strict=True)]
    return np.argmax([*narrow[:-1], np.full(len(differences), True)], axis=0)
