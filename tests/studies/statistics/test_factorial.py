from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import helmert
from scipy.stats import f, ttest_1samp
from statsmodels.stats.anova import AnovaRM

from rlzoo.results.statistics import mean_estimate
from rlzoo.studies.statistics.factorial import contribution, p_value

from support.simulation import SHAPES, STUDIES, Sample, collapsing, coverage, is_honest, worse

SPREAD = np.array([[1.0, 5.0], [2.0, 1.0], [8.0, 1.0]])
"""Cells of very different spread, as runs that sometimes collapse have."""


def scores(seeds: int = 10, seed: int = 0, shape: tuple[int, ...] = (3, 2)) -> np.ndarray:
    """No effect of anything, but for the seed itself."""
    rng = np.random.default_rng(seed)
    block = rng.normal(0, 3, (seeds, *(1 for _ in shape)))
    return block + rng.normal(size=(seeds, *shape)) * SPREAD[: shape[0], : shape[1]]


def anova(values: np.ndarray) -> pd.DataFrame:
    rows = [(s, a, b, values[s, a, b]) for s, a, b in np.ndindex(values.shape)]
    table = pd.DataFrame(rows, columns=["seed", "a", "b", "score"])
    return AnovaRM(table, "score", "seed", within=["a", "b"]).fit().anova_table


@pytest.mark.parametrize(("factors", "row"), [((0,), "a"), ((1,), "b"), ((0, 1), "a:b")])
def test_it_is_the_repeated_measures_analysis_with_greenhouse_and_geissers_correction(
    factors: tuple[int, ...], row: str
) -> None:
    values = scores()
    known = anova(values).loc[row]
    base = [helmert(levels) if axis in factors else np.ones((1, levels)) / levels for axis, levels in enumerate((3, 2))]
    contrasts = values.reshape(10, -1) @ np.kron(*base).T  # orthogonal ones, as in a textbook
    covariance = np.atleast_2d(np.cov(contrasts, rowvar=False))
    df = len(covariance)
    sphericity = np.trace(covariance) ** 2 / df / np.trace(covariance @ covariance)
    expected = f.sf(known["F Value"], df * sphericity, df * sphericity * 9)
    assert p_value(contribution(values, factors)) == pytest.approx(expected)


def test_for_two_levels_it_is_the_paired_t_test() -> None:
    values = scores()
    first, second = values.mean(1).T
    assert p_value(contribution(values, [1])) == pytest.approx(ttest_1samp(first - second, 0).pvalue)


def test_contributions_add_up_to_the_scores() -> None:
    values = scores()
    grand = values.mean((1, 2), keepdims=True)
    main = contribution(values, [0])[:, :, None] + contribution(values, [1])[:, None, :]
    np.testing.assert_allclose(grand + main + contribution(values, [0, 1]), values)


def test_of_more_factors_the_others_are_averaged() -> None:
    values = np.random.default_rng(0).normal(size=(6, 3, 2, 4))
    np.testing.assert_allclose(contribution(values, [0, 2]), contribution(values.mean(2), [0, 1]))


def test_too_few_seeds_and_seeds_that_do_not_differ_say_nothing() -> None:
    assert p_value(contribution(scores(4), [0])) is None
    assert p_value(contribution(np.ones((10, 3, 2)) * [1, 2], [1])) is None


@pytest.mark.parametrize("factors", [(0,), (1,), (0, 1)])
def test_under_no_effect_5_percent_are_found(factors: tuple[int, ...]) -> None:
    found = [p_value(contribution(scores(seed=seed), factors)) < 0.05 for seed in range(3000)]
    assert 0.03 <= np.mean(found) <= 0.065


def test_one_level_that_varies_much_more_is_no_effect() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2000, 10, 6)) * [1, 1, 1, 1, 1, 20]
    found = [p_value(contribution(item, [0])) < 0.05 for item in values]
    assert 0.03 <= np.mean(found) <= 0.065  # 15 % without Greenhouse and Geisser's correction


def test_planted_effects_are_found_and_no_others() -> None:
    additive, crossed = np.array([[0, 4], [0, 4], [0, 4]]), np.array([[0, 0], [0, 0], [0, 6]])
    found = [
        [p_value(contribution(scores(30, seed) + planted, factors)) < 0.05 for planted, factors in pairs]
        for pairs in [[(additive, (1,)), (crossed, (0, 1)), (additive, (0, 1)), (additive, (0,))]]
        for seed in range(500)
    ]
    main, interaction, no_interaction, no_main = np.mean(found, axis=0)
    assert main > 0.9
    assert interaction > 0.8
    assert no_interaction < 0.08
    assert no_main < 0.08


CELLS: dict[str, list[Sample]] = {
    "normal": [worse(SHAPES["normal"], 10 * n) for n in range(6)],
    "capped to half collapse": [
        SHAPES["capped at 500"],
        worse(SHAPES["capped at 500"], 100),
        *map(collapsing, (0.2, 0.3, 0.4, 0.5)),
    ],
    "skewed": [worse(SHAPES["skewed"], 10 * n) for n in range(6)],
}
"""The runs of each cell of three levels by two."""


@pytest.mark.parametrize(
    "seeds", [pytest.param(8, marks=pytest.mark.slow), 10, pytest.param(30, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", CELLS)
def test_intervals_of_effects_hold_the_truth(name: str, seeds: int) -> None:
    """Of levels against the grand mean, of pairs of levels beyond both, and of a level against the base's."""
    rng = np.random.default_rng(1)
    means = np.array([sample(rng, 1, 2_000_000).mean() for sample in CELLS[name]]).reshape(1, 3, 2)
    studies = np.stack([sample(rng, STUDIES, seeds) for sample in CELLS[name]], axis=-1).reshape(-1, seeds, 3, 2)
    kinds: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "effect of a level": lambda item: contribution(item, [0])[:, 1],
        "effect of a pair of levels": lambda item: contribution(item, [0, 1])[:, 2, 1],
        "level against the base's": lambda item: (item[:, 2] - item[:, 0]).mean(1),
    }
    for kind, column in kinds.items():
        found = [mean_estimate(column(item)) for item in studies]
        assert is_honest(coverage(f"{kind} | {name} | {seeds}", float(column(means)[0]), found))
