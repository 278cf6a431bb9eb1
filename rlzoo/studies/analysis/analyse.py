"""From the run folders of a study to its answer. Which method, and why: docs/statistics.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

import msgspec
import numpy as np

from rlzoo.results.bootstrap import interquartile_estimate
from rlzoo.studies.analysis.comparisons import compare, effects_of, findings, paired_differences
from rlzoo.studies.analysis.conclusions import conclude
from rlzoo.studies.analysis.curves import learning_curve
from rlzoo.studies.analysis.histories import Field, History, read_histories
from rlzoo.studies.analysis.measures import FINAL, MEASURES
from rlzoo.studies.analysis.methods import notes_on
from rlzoo.studies.analysis.scores import Scope, Scores, score_runs, survey_all, tabulate
from rlzoo.studies.analysis.tables import Analysis, CellEstimate, Comparison, Curve, Failure, Measure, Profile, RunScore
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.execution.units import Unit
from rlzoo.studies.statistics.proportions import shares_above
from rlzoo.studies.statistics.sequential import Decision, Looks, decide

THRESHOLDS = 51
"""At how many scores a profile is told."""

OfCell = TypeVar("OfCell", RunScore, CellEstimate, Profile, Comparison, Curve)


def analyse(plan: Plan, units: Sequence[Unit], failures: Sequence[Failure] = ()) -> Analysis:
    """The answer of a study, the same in whatever order its units come.

    Raises BadInput for a damaged run folder, or a seed of a cell that is there twice.
    """
    looks = Looks(tuple(plan.looks))
    fields = survey_all(plan, read_histories(units))
    runs = score_runs(plan, fields, failures)
    scores = tabulate(plan, fields, runs)
    measures = [measure for measure in MEASURES if scores.scopes(measure.key)]
    effects = effects_of(plan, scores, measures, looks)
    return Analysis(
        plan=plan,
        measures=measures,
        runs=_with_aliases(plan, runs),
        estimates=_with_aliases(plan, list(_estimates(scores, measures, looks.alpha))),
        profiles=_with_aliases(plan, list(_profiles(scores, measures, looks.alpha))),
        comparisons=_with_aliases(plan, compare(plan, scores, measures, looks)),
        effects=effects,
        curves=_with_aliases(plan, list(_curves(plan, fields, looks.alpha))),
        sentences=conclude(findings(plan, scores, effects, looks), runs, looks.level),
        failures=[*failures, *_diverged(plan, fields)],
        versions=_versions(units),
        notes=notes_on(plan, runs, scores, looks),
    )


def until_width(plan: Plan, units: Sequence[Unit], width: float) -> Decision:
    """Whether the study knows enough: all intervals of differences in final return are at most `width` wide.

    The plan has the seeds of one of its looks. Raises BadInput as `analyse` does.
    """
    fields = survey_all(plan, read_histories(units))
    scores = tabulate(plan, fields, score_runs(plan, fields, ()))
    found = [
        pairs for environment in plan.environments for _, pairs in paired_differences(plan, scores, FINAL, environment)
    ]
    return decide(found, len(plan.seeds), width, plan.looks)


def _estimates(scores: Scores, measures: Sequence[Measure], alpha: float) -> Iterator[CellEstimate]:
    for measure, scope, cell in _each(scores, measures):
        strata = scores.strata(measure.key, scope, cell)
        if strata:
            estimate = interquartile_estimate(strata, alpha)
            yield CellEstimate(measure.key, scope, cell, estimate, min(map(len, strata)))


def _profiles(scores: Scores, measures: Sequence[Measure], alpha: float) -> Iterator[Profile]:
    """Of measures where more is better."""
    for measure, scope, cell in _each(scores, [own for own in measures if own.higher_is_better]):
        strata = scores.strata(measure.key, scope, cell)
        if strata:
            thresholds = np.linspace(*scores.span(measure.key, scope), THRESHOLDS)
            share, low, high = (own.tolist() for own in shares_above(strata, thresholds, alpha))
            yield Profile(measure.key, scope, cell, thresholds.tolist(), share, low, high)


def _curves(plan: Plan, fields: Mapping[str, Field], alpha: float) -> Iterator[Curve]:
    for cell in plan.runnable:
        for field in fields.values():
            own = [history for history in field.histories if history.cell == cell.name]
            if own:
                yield learning_curve(own, field, alpha)


def _each(scores: Scores, measures: Sequence[Measure]) -> Iterator[tuple[Measure, Scope, str]]:
    for measure in measures:
        for scope, cell in product(scores.scopes(measure.key), scores.cells):
            yield measure, scope, cell


def _with_aliases(plan: Plan, found: Sequence[OfCell]) -> list[OfCell]:
    """A cell that is the very same composition as another has the other's results."""
    names: dict[str, list[str]] = {}
    for cell in plan.cells:
        names.setdefault(cell.same_as or cell.name, []).append(cell.name)
    return [msgspec.structs.replace(own, cell=name) for own in found for name in names[own.cell]]


def _diverged(plan: Plan, fields: Mapping[str, Field]) -> list[Failure]:
    """A line for each cell and environment in which runs diverged."""
    return [
        Failure(cell.name, environment, [own.seed for own in lost], "diverged", _when(lost))
        for cell in plan.runnable
        for environment, field in fields.items()
        if (lost := [own for own in field.histories if own.cell == cell.name and own.diverged])
    ]


def _when(lost: Sequence[History]) -> str:
    steps = ", ".join(f"{own.end:,.0f} (seed {own.seed})" for own in lost)
    return f"loss, weights or returns stopped being finite at step {steps}"


def _versions(units: Sequence[Unit]) -> dict[str, str]:
    """Of everything that took part; several where the study went on with others."""
    found: dict[str, set[str]] = {}
    for unit in units:
        for name, version in unit.folder.manifest.get("versions", {}).items():
            found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(found[name])) for name in sorted(found)}
