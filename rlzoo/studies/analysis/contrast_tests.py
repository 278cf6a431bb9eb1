"""The tests behind the conclusions: contrasts and interactions in final return, as one Holm-corrected family."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from rlzoo.results.statistics import Estimate, mean_estimate
from rlzoo.studies.analysis.contrasts import Contrast, contrast_differences, contrasts
from rlzoo.studies.analysis.measures import FINAL
from rlzoo.studies.analysis.score_table import Scope, ScoreTable
from rlzoo.studies.analysis.tables import Effect
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.statistics import paired
from rlzoo.studies.statistics.sequential import Looks


@dataclass(frozen=True)
class ContrastResult:
    """The difference in final return of a contrast, and its test."""

    contrast: Contrast
    scope: Scope
    pairs: int
    difference: Estimate | None
    """None if no seed has both."""
    p_value: float | None
    p_holm: float | None
    detectable: float | None
    """The difference that is detected with 80% power even at the strictest step of Holm's correction."""


@dataclass(frozen=True)
class InteractionResult:
    """The corrected p value of the interaction of two factors in final return."""

    factors: tuple[str, str]
    scope: Scope
    p_holm: float


@dataclass(frozen=True)
class FamilyOfTests:
    """All tests behind a study's conclusions, Holm-corrected together."""

    contrasts: list[ContrastResult]
    interactions: list[InteractionResult]
    tests: int


def evaluate_contrasts(plan: Plan, scores: ScoreTable, effects: Sequence[Effect], looks: Looks) -> FamilyOfTests:
    """Test every contrast of the plan in each environment, and the interactions among `effects`."""
    found = [
        (contrast, scope, contrast_differences(contrast, scores, by_seed))
        for scope in scores.scopes(FINAL)
        for by_seed in [scores.by_seed(FINAL, scope)]
        for contrast in contrasts(plan)
    ]
    tests: dict[Hashable, float | None] = {
        (scope, *contrast.pairs): looks.p_value(paired.p_value(values)) for contrast, scope, values in found
    }  # levels that train the same cells are one test
    interactions = _interactions(effects)
    family = tests | interactions
    p_holm = dict(zip(family, paired.holm(list(family.values())), strict=True))
    count = sum(p is not None for p in family.values())
    results = []
    for contrast, scope, values in found:
        key = (scope, *contrast.pairs)
        results.append(_result(contrast, scope, values, tests[key], p_holm[key], count, looks))
    known = {key: p for key in interactions if (p := p_holm[key]) is not None}
    return FamilyOfTests(results, [InteractionResult((a, b), scope, p) for (scope, a, b), p in known.items()], count)


def _interactions(effects: Sequence[Effect]) -> dict[tuple[Scope, str, str], float | None]:
    return {
        (effect.environment, effect.factors[0], effect.factors[1]): effect.p_value
        for effect in effects
        if effect.measure == FINAL and len(effect.factors) == 2
    }


def _result(
    contrast: Contrast,
    scope: Scope,
    values: np.ndarray,
    p_value: float | None,
    p_holm: float | None,
    count: int,
    looks: Looks,
) -> ContrastResult:
    difference = mean_estimate(values, looks.alpha) if len(values) else None
    detectable = paired.detectable(values, looks.alpha / max(count, 1))
    return ContrastResult(contrast, scope, len(values), difference, p_value, p_holm, detectable)
