"""Main effects and two-way interactions of a full factorial design, for every measure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np

from rlzoo.results.statistics import mean_estimate
from rlzoo.studies.analysis.contrasts import trained_as
from rlzoo.studies.analysis.correction import corrected
from rlzoo.studies.analysis.score_table import Scope, ScoreTable
from rlzoo.studies.analysis.tables import Effect, Measure
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.statistics import factorial
from rlzoo.studies.statistics.sequential import Looks


def estimate_effects(plan: Plan, scores: ScoreTable, measures: Sequence[Measure], looks: Looks) -> list[Effect]:
    """All effects, Holm-corrected over those of a measure; none unless every cell of the factorial is valid."""
    indices = range(len(plan.factors))
    terms = [*combinations(indices, 1), *combinations(indices, 2)]
    found: list[Effect] = []
    for measure in measures:
        for scope in scores.scopes(measure.key):
            values = factorial_scores(plan, scores, scores.by_seed(measure.key, scope))
            if values is not None and len(values):
                for term in terms:
                    found += _effects(plan, measure.key, scope, term, values, looks)
    return corrected(found, lambda effect: tuple(effect.factors))


def factorial_scores(plan: Plan, scores: ScoreTable, by_seed: np.ndarray) -> np.ndarray | None:
    """The scores as `[S, levels of factor 0, ...]` of seeds that all cells have; None unless the factorial is full."""
    cells = {tuple(cell.levels.values()): cell for cell in plan.cells if _is_valid(cell, plan)}
    crossed = list(product(*plan.factors.values()))
    if plan.design != "full" or any(levels not in cells for levels in crossed):
        return None
    rows = [scores.cells.index(trained_as(plan, cells[levels].name)) for levels in crossed]
    values = by_seed[rows].T.reshape(-1, *map(len, plan.factors.values()))
    return values[np.isfinite(values).all(tuple(range(1, values.ndim)))]


def _is_valid(cell: Cell, plan: Plan) -> bool:
    return cell.impossible is None and list(cell.levels) == list(plan.factors)


def _effects(
    plan: Plan, measure: str, scope: Scope, term: Sequence[int], values: np.ndarray, looks: Looks
) -> list[Effect]:
    """The effect of each level of a factor, or of each pair of levels of two."""
    contributions = factorial.contribution(values, term)
    factors = [list(plan.factors)[index] for index in term]
    combined = product(*(plan.factors[factor] for factor in factors))
    p_value = looks.p_value(factorial.p_value(contributions))
    return [
        Effect(
            measure=measure,
            environment=scope,
            factors=factors,
            levels=list(levels),
            estimate=mean_estimate(column, looks.alpha),
            p_value=p_value,
            p_holm=None,
        )
        for levels, column in zip(combined, contributions.reshape(len(contributions), -1).T, strict=True)
    ]
