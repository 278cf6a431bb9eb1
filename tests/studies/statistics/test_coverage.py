"""Coverage of 95% intervals in simulated studies; `pytest -s` prints the table of docs/statistics.md.

It is 93% to 97%, up to the noise of the simulation, with exceptions that have tests of their own. Intervals over all
environments are in test_overall.py, effects in test_factorial.py, interim looks in test_sequential.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from rlzoo.results.bootstrap import interquartile_curve
from rlzoo.results.statistics import Estimate, interquartile_mean, mean_estimate
from rlzoo.studies.statistics.paired import p_value
from rlzoo.studies.statistics.proportions import improvement, shares_above

from support.simulation import NOISE, SHAPES, STUDIES, Sample, collapsing, coverage, held, is_honest, worse

BIG = 400_000
SEEDS = [pytest.param(8, marks=pytest.mark.slow), 10, pytest.param(30, marks=pytest.mark.slow)]
HEAVY: Sample = lambda rng, *shape: rng.lognormal(0, 1, shape)  # noqa: E731
CAPPED, SKEWED, HALF, THIRD = (SHAPES[name] for name in list(SHAPES)[1:])
PAIRS: dict[str, tuple[Sample, Sample]] = {
    "normal, normal": (SHAPES["normal"], SHAPES["normal"]),
    "capped, 150 lower": (CAPPED, worse(CAPPED, 150)),
    "skewed, skewed": (SKEWED, SKEWED),
    "skewed, normal": (SKEWED, SHAPES["normal"]),
    "half collapse, a third": (HALF, THIRD),
    "capped, half collapse": (CAPPED, HALF),
}


def interquartile_means(runs: np.ndarray) -> list[Estimate]:
    """Of each row, as cells and curves have them; tests/results/test_bootstrap.py shows that the two agree."""
    return [Estimate(*(float(one) for one in item)) for item in zip(*interquartile_curve(runs.T), strict=True)]


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", SHAPES)
def test_interquartile_mean(name: str, seeds: int) -> None:
    rng, sample = np.random.default_rng(1), SHAPES[name]
    truth = float(interquartile_mean(sample(rng, 1, 10 * BIG))[0])
    runs = sample(rng, STUDIES, seeds)
    assert is_honest(coverage(f"inter-quartile mean | {name} | {seeds}", truth, interquartile_means(runs)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["half collapse", "a third collapse"])
def test_interquartile_mean_of_any_number_of_seeds(name: str) -> None:
    """One more run in the middle half or not, of runs that earn all or nothing, moves single numbers of seeds."""
    rng, sample, shares = np.random.default_rng(1), SHAPES[name], []
    truth = float(interquartile_mean(sample(rng, 1, 10 * BIG))[0])
    for seeds in range(8, 41):
        found = interquartile_means(sample(rng, STUDIES // 2, seeds))
        shares.append(coverage(f"of any number of seeds | {name} | {seeds}", truth, found))
    assert is_honest(held(f"inter-quartile mean, 8 to 40 seeds | {name}", np.array(shares)))
    assert 0.92 - 2 * NOISE < min(shares) < max(shares) < 0.98 + 2 * NOISE


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", PAIRS)
def test_paired_difference(name: str, seeds: int) -> None:
    rng, (first, second) = np.random.default_rng(3), PAIRS[name]
    truth = float(first(rng, 1, 10 * BIG).mean() - second(rng, 1, 10 * BIG).mean())
    found = [mean_estimate(item) for item in first(rng, STUDIES, seeds) - second(rng, STUDIES, seeds)]
    assert is_honest(coverage(f"paired difference | {name} | {seeds}", truth, found))


@pytest.mark.parametrize(("name", "sample"), [("a tenth collapse", collapsing(0.1)), ("heavy tail", HEAVY)])
def test_where_a_paired_difference_is_too_sure(name: str, sample: Sample) -> None:
    """Against cells that never vary: no method knows of a collapse that did not happen, or of a tail not yet seen."""
    rng = np.random.default_rng(9)
    truth = float(sample(rng, 1, 10 * BIG).mean())
    found = [mean_estimate(item) for item in sample(rng, STUDIES, 10)]
    share = coverage(f"paired difference | {name}, constant | 10", truth, found)
    if name == "a tenth collapse":
        assert 0.6 <= share <= 1 - 0.9**10 + NOISE  # as many studies as see one
    else:
        assert 0.8 <= share <= 0.88


@pytest.mark.slow
@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", PAIRS)
def test_probability_of_improvement(name: str, seeds: int) -> None:
    rng, (first, second) = np.random.default_rng(5), PAIRS[name]
    others = np.sort(second(rng, 1, BIG)[0])
    item = first(rng, 1, BIG)[0]
    truth = float((np.searchsorted(others, item, "left") + np.searchsorted(others, item, "right")).mean() / 2 / BIG)
    drawn = zip(first(rng, STUDIES, seeds), second(rng, STUDIES, seeds), strict=True)
    found = [improvement([pair]) for pair in drawn]
    assert is_honest(coverage(f"probability of improvement | {name} | {seeds}", truth, found))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", ["normal", "half collapse"])
def test_profile(name: str, seeds: int) -> None:
    """On average over scores: Wilson's interval of ten runs is above 95 % at some shares and below at others."""
    rng, sample = np.random.default_rng(6), SHAPES[name]
    big = np.sort(sample(rng, 1, BIG)[0])
    thresholds = np.quantile(big, np.linspace(0.05, 0.95, 19))
    truth = 1 - np.searchsorted(big, thresholds, "right") / BIG
    bands = np.array([shares_above([item], thresholds)[1:] for item in sample(rng, STUDIES, seeds)])
    assert is_honest(held(f"profile | {name} | {seeds}", (bands[:, 0] <= truth) & (truth <= bands[:, 1])))


@pytest.mark.parametrize("name", SHAPES)
def test_no_effect_is_found_in_5_percent(name: str) -> None:
    rng, sample = np.random.default_rng(7), SHAPES[name]
    found = [p_value(item) < 0.05 for item in sample(rng, STUDIES, 10) - sample(rng, STUDIES, 10)]
    assert 0.03 - NOISE <= held(f"false positives | {name} | 10", np.array(found)) <= 0.07 + NOISE


def test_a_planted_effect_is_found() -> None:
    """One somewhat above the detectable difference; test_paired.py has the exact power of that."""
    rng = np.random.default_rng(8)
    found = [p_value(item) < 0.05 for item in rng.normal(60, 30 * 2**0.5, (STUDIES // 4, 10))]
    assert np.mean(found) > 0.95
