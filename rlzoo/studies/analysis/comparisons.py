"""Cells held against the base, levels against the base's, and effects in a factorial, each with its correction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TypeVar

import msgspec
import numpy as np

from rlzoo.results.statistics import Estimate, mean_estimate
from rlzoo.studies.analysis.contrasts import Contrast, contrasts, differences, factorial, trained
from rlzoo.studies.analysis.measures import FINAL
from rlzoo.studies.analysis.scores import Scope, Scores
from rlzoo.studies.analysis.tables import Comparison, Effect, Measure
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.statistics import factorial as anova
from rlzoo.studies.statistics import paired
from rlzoo.studies.statistics.proportions import improvement
from rlzoo.studies.statistics.sequential import Looks

Tested = TypeVar("Tested", Comparison, Effect)


@dataclass(frozen=True)
class Finding:
    """What the final return says about a contrast."""

    contrast: Contrast
    scope: Scope
    pairs: int
    difference: Estimate | None
    """None where no seed has both."""
    p_value: float | None
    p_holm: float | None
    detectable: float | None
    """What would have been found 80 % of the time, also as the smallest p value of all, which is corrected most."""


@dataclass(frozen=True)
class Findings:
    """All that a study's sentences rest on: one family of tests, Holm-corrected together."""

    contrasts: list[Finding]
    interactions: dict[tuple[Scope, str, str], float]
    """Environment and two factors, and the corrected p value of what one does depending on the other."""
    tests: int


def compare(plan: Plan, scores: Scores, measures: Sequence[Measure], looks: Looks) -> list[Comparison]:
    """Each cell that trains against the base, Holm-corrected over all of a measure."""
    found = [
        _comparison(plan, scores, measure, scope, cell, pairs, looks)
        for measure in measures
        for scope in scores.scopes(measure.key)
        for cell, pairs in paired_differences(plan, scores, measure.key, scope)
        if len(pairs)
    ]
    return _corrected(found, lambda own: own.cell)


def paired_differences(plan: Plan, scores: Scores, measure: str, scope: Scope) -> Iterator[tuple[str, np.ndarray]]:
    """Each cell but the base, with cell minus base of every seed that both have, `[S]`."""
    by_seed, base = scores.by_seed(measure, scope), trained(plan, plan.base)
    for cell, values in zip(scores.cells, by_seed - by_seed[scores.cells.index(base)], strict=True):
        if cell != base:
            yield cell, values[np.isfinite(values)]


def effects_of(plan: Plan, scores: Scores, measures: Sequence[Measure], looks: Looks) -> list[Effect]:
    """Main effects and two-way interactions where the factorial is full, Holm-corrected over all of a measure."""
    indices = range(len(plan.factors))
    found: list[Effect] = []
    for measure in measures:
        for scope in scores.scopes(measure.key):
            values = factorial(plan, scores, scores.by_seed(measure.key, scope))
            if values is not None and len(values):
                for some in [*combinations(indices, 1), *combinations(indices, 2)]:
                    found += _effect(plan, measure.key, scope, some, values, looks)
    return _corrected(found, lambda own: tuple(own.factors))


def findings(plan: Plan, scores: Scores, effects: Sequence[Effect], looks: Looks) -> Findings:
    """What the final return says about each factor's levels, or each variant, and about interactions."""
    found = [
        (contrast, scope, differences(contrast, scores, by_seed))
        for scope in scores.scopes(FINAL)
        for by_seed in [scores.by_seed(FINAL, scope)]
        for contrast in contrasts(plan)
    ]
    tests: dict[Hashable, float | None] = {
        (scope, *contrast.pairs): looks.p_value(paired.p_value(pairs)) for contrast, scope, pairs in found
    }  # levels that are the same cells are one test
    interactions = {
        (own.environment, own.factors[0], own.factors[1]): own.p_value
        for own in effects
        if own.measure == FINAL and len(own.factors) == 2
    }
    family = tests | interactions
    p_holm = dict(zip(family, paired.holm(list(family.values())), strict=True))
    count = sum(p is not None for p in family.values())
    return Findings(
        [
            Finding(
                contrast,
                scope,
                len(pairs),
                mean_estimate(pairs, looks.alpha) if len(pairs) else None,
                tests[scope, *contrast.pairs],
                p_holm[scope, *contrast.pairs],
                paired.detectable(pairs, looks.alpha / max(count, 1)),
            )
            for contrast, scope, pairs in found
        ],
        {key: p for key in interactions if (p := p_holm[key]) is not None},
        count,
    )


def _comparison(
    plan: Plan, scores: Scores, measure: Measure, scope: Scope, cell: str, pairs: np.ndarray, looks: Looks
) -> Comparison:
    own = scores.strata(measure.key, scope, cell)
    other = scores.strata(measure.key, scope, trained(plan, plan.base))
    better, worse = (own, other) if measure.higher_is_better else (other, own)
    return Comparison(
        measure=measure.key,
        environment=scope,
        cell=cell,
        base=plan.base,
        pairs=len(pairs),
        difference=mean_estimate(pairs, looks.alpha),
        p_value=looks.p_value(paired.p_value(pairs)),
        p_holm=None,
        improvement=improvement(list(zip(better, worse, strict=True)), looks.alpha),
        effect_size=paired.effect_size(pairs),
        detectable=paired.detectable(pairs, looks.alpha),
    )


def _effect(
    plan: Plan, measure: str, scope: Scope, some: Sequence[int], values: np.ndarray, looks: Looks
) -> list[Effect]:
    own = anova.contribution(values, some)
    factors = [list(plan.factors)[index] for index in some]
    levels = product(*(plan.factors[factor] for factor in factors))
    p_value = looks.p_value(anova.p_value(own))
    return [
        Effect(
            measure=measure,
            environment=scope,
            factors=factors,
            levels=list(level),
            estimate=mean_estimate(column, looks.alpha),
            p_value=p_value,
            p_holm=None,
        )
        for level, column in zip(levels, own.reshape(len(own), -1).T, strict=True)
    ]


def _corrected(found: Sequence[Tested], test: Callable[[Tested], Hashable]) -> list[Tested]:
    """Holm-corrected over each measure; results with the same `test` in an environment are one test."""
    families: dict[str, dict[Hashable, float | None]] = {}
    for own in found:
        families.setdefault(own.measure, {})[own.environment, test(own)] = own.p_value
    corrected = {
        measure: dict(zip(family, paired.holm(list(family.values())), strict=True))
        for measure, family in families.items()
    }
    return [msgspec.structs.replace(own, p_holm=corrected[own.measure][own.environment, test(own)]) for own in found]
