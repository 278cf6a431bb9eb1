"""Each cell compared with the base, for every measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rlzoo.results.statistics import mean_estimate
from rlzoo.studies.analysis.contrasts import trained_as
from rlzoo.studies.analysis.correction import corrected
from rlzoo.studies.analysis.score_table import Scope, ScoreTable
from rlzoo.studies.analysis.tables import Comparison, Measure
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.statistics import paired
from rlzoo.studies.statistics.proportions import improvement
from rlzoo.studies.statistics.sequential import Looks


def compare_with_base(plan: Plan, scores: ScoreTable, measures: Sequence[Measure], looks: Looks) -> list[Comparison]:
    """Each cell that trains against the base, Holm-corrected over all comparisons of a measure."""
    found = [
        _comparison(plan, scores, measure, scope, cell, differences, looks)
        for measure in measures
        for scope in scores.scopes(measure.key)
        for cell, differences in paired_differences(plan, scores, measure.key, scope)
        if len(differences)
    ]
    return corrected(found, lambda comparison: comparison.cell)


def paired_differences(plan: Plan, scores: ScoreTable, measure: str, scope: Scope) -> Iterator[tuple[str, np.ndarray]]:
    """Each cell except the base, with cell minus base for every seed that both have, `[S]`."""
    by_seed, base = scores.by_seed(measure, scope), trained_as(plan, plan.base)
    for cell, values in zip(scores.cells, by_seed - by_seed[scores.cells.index(base)], strict=True):
        if cell != base:
            yield cell, values[np.isfinite(values)]


def _comparison(
    plan: Plan,
    scores: ScoreTable,
    measure: Measure,
    scope: Scope,
    cell: str,
    differences: np.ndarray,
    looks: Looks,
) -> Comparison:
    of_cell = scores.strata(measure.key, scope, cell)
    of_base = scores.strata(measure.key, scope, trained_as(plan, plan.base))
    better, worse = (of_cell, of_base) if measure.higher_is_better else (of_base, of_cell)
    return Comparison(
        measure=measure.key,
        environment=scope,
        cell=cell,
        base=plan.base,
        pairs=len(differences),
        difference=mean_estimate(differences, looks.alpha),
        p_value=looks.p_value(paired.p_value(differences)),
        p_holm=None,
        improvement=improvement(list(zip(better, worse, strict=True)), looks.alpha),
        effect_size=paired.effect_size(differences),
        detectable=paired.detectable(differences, looks.alpha),
    )
