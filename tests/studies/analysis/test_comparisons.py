"""Whole studies, simulated from their scores on: how often do they find what is not there?"""

from __future__ import annotations

import numpy as np
import pytest

from rlzoo.studies.analysis.comparisons import compare_with_base
from rlzoo.studies.analysis.contrast_tests import evaluate_contrasts
from rlzoo.studies.analysis.contrasts import contrast_differences, contrasts
from rlzoo.studies.analysis.effects import estimate_effects
from rlzoo.studies.analysis.measures import FINAL, MEASURES
from rlzoo.studies.analysis.score_table import ScoreTable
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.statistics.paired import holm
from rlzoo.studies.statistics.sequential import Looks

from support.simulation import SHAPES, Sample
from support.small_studies import FACTORS, crossed, plan_of, variants

STUDIES = 1_000
FINAL_ONLY = [measure for measure in MEASURES if measure.key == FINAL]


def scores_of(plan: Plan, rng: np.random.Generator, sample: Sample) -> ScoreTable:
    """No cell differs from another, in any environment."""
    shape = (len(plan.cells), len(plan.environments), len(plan.seeds))
    values = {measure.key: np.full(shape, np.nan) for measure in MEASURES}
    values[FINAL] = sample(rng, shape[0] * shape[1], shape[2]).reshape(shape)
    return ScoreTable([cell.name for cell in plan.cells], plan.environments, plan.seeds, values)


def share(found: list[list[float | None]]) -> float:
    """Of studies in which something was found."""
    return float(np.mean([min(p for p in p_values if p is not None) < 0.05 for p_values in found]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["normal", "half collapse", "skewed"])
def test_a_study_without_any_effect_finds_none_in_95_percent(name: str) -> None:
    rng, sample = np.random.default_rng(0), SHAPES[name]
    factorial = plan_of(crossed(), factors=FACTORS, design="full")
    several = plan_of(variants(*"abcd"), environments=["A-v0", "B-v0"])
    sentences, effects, cells = [], [], []
    for _ in range(STUDIES):
        scores = scores_of(factorial, rng, sample)
        found = estimate_effects(factorial, scores, FINAL_ONLY, Looks())
        effects.append([item.p_holm for item in found])
        told = evaluate_contrasts(factorial, scores, found, Looks())
        sentences.append([*(item.p_holm for item in told.contrasts), *(item.p_holm for item in told.interactions)])
        scores = scores_of(several, rng, sample)
        cells.append([item.p_holm for item in compare_with_base(several, scores, FINAL_ONLY, Looks())])
    print(
        f"\n| any false positive | {name} | {share(sentences):.1%} | {share(effects):.1%} | {share(cells):.1%} |",
        end="",
    )
    assert max(share(sentences), share(effects), share(cells)) <= 0.05 + 2 * (0.05 * 0.95 / STUDIES) ** 0.5


def test_each_comparison_is_corrected_once_for_its_measure() -> None:
    plan = plan_of(variants("base", "one", "two"), environments=["A-v0", "B-v0"])
    scores = scores_of(plan, np.random.default_rng(0), SHAPES["normal"])
    found = compare_with_base(plan, scores, FINAL_ONLY, Looks())
    assert [(item.cell, item.environment) for item in found] == [
        (cell, environment) for environment in ("A-v0", "B-v0", None) for cell in ("one", "two")
    ]
    smallest = min(found, key=lambda item: item.p_value)
    assert smallest.p_holm == pytest.approx(min(1, 6 * smallest.p_value))


def test_a_cell_that_failed_everywhere_leaves_the_other_pairs() -> None:
    plan = plan_of(crossed(), factors=FACTORS, design="full")
    scores = scores_of(plan, np.random.default_rng(2), SHAPES["normal"])
    lost = [cell.name for cell in plan.cells].index("target=none, buffer=recent")
    scores.values[FINAL][lost] = np.nan
    values = scores.values[FINAL][:, 0]
    expected = [values[place] - values[place - 1] for place in (1, 3)]  # recent minus uniform, for hard and soft
    (item,) = [item for item in contrasts(plan) if item.subject == "buffer"]
    np.testing.assert_allclose(
        contrast_differences(item, scores, scores.by_seed(FINAL, "A-v0")), np.mean(expected, axis=0)
    )


def test_cells_with_the_same_composition_count_as_one_test() -> None:
    cells = variants("base", "one", "two")
    same = [*cells, Cell(name="again", levels={}, algorithm="dqn", same_as="one")]
    rng = np.random.default_rng(3)
    scores = scores_of(plan_of(cells), rng, SHAPES["normal"])
    told = evaluate_contrasts(plan_of(same), scores, [], Looks())
    assert told.tests == 2
    assert [item.contrast.level for item in told.contrasts] == ["“one”", "“two”", "“again”"]
    assert told.contrasts[0].p_holm == told.contrasts[2].p_holm
    assert [item.p_holm for item in told.contrasts[:2]] == holm([item.p_value for item in told.contrasts[:2]])


def test_levels_of_an_effect_are_one_test() -> None:
    plan = plan_of(crossed(), factors=FACTORS, design="full")
    scores = scores_of(plan, np.random.default_rng(1), SHAPES["normal"])
    found = estimate_effects(plan, scores, FINAL_ONLY, Looks())
    p_values = {tuple(item.factors): item.p_value for item in found}
    assert len(found) == 3 + 2 + 6
    assert len(p_values) == 3
    smallest = min(found, key=lambda item: item.p_value)
    assert smallest.p_holm == pytest.approx(min(1, 3 * smallest.p_value))
