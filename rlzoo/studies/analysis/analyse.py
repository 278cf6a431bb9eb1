"""From the trials of a study to its answer. docs/statistics.md says which methods are used, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

import msgspec
import numpy as np

from rlzoo.results.bootstrap import interquartile_estimate
from rlzoo.studies.analysis.comparisons import compare_with_base, paired_differences
from rlzoo.studies.analysis.conclusions import conclude
from rlzoo.studies.analysis.contrast_tests import evaluate_contrasts
from rlzoo.studies.analysis.effects import estimate_effects
from rlzoo.studies.analysis.learning import with_unlearned
from rlzoo.studies.analysis.learning_curves import diagnostic_curves, learning_curve
from rlzoo.studies.analysis.measures import DIAGNOSED, FINAL, MEASURES
from rlzoo.studies.analysis.notes import method_notes
from rlzoo.studies.analysis.run_histories import EnvironmentRuns, RunHistory, read_histories
from rlzoo.studies.analysis.score_table import Scope, ScoreTable, runs_by_environment, score_runs, tabulate_scores
from rlzoo.studies.analysis.tables import (
    Analysis,
    CellEstimate,
    Comparison,
    Curve,
    DiagnosticCurve,
    Failure,
    Measure,
    Profile,
    RunScore,
)
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.execution.trials import Trial
from rlzoo.studies.statistics.proportions import shares_above
from rlzoo.studies.statistics.sequential import Decision, Looks, decide

PROFILE_POINTS = 51
"""Scores at which a performance profile is evaluated."""

OfCell = TypeVar("OfCell", RunScore, CellEstimate, Profile, Comparison, Curve, DiagnosticCurve)


def analyse(plan: Plan, trials: Sequence[Trial], failures: Sequence[Failure] = ()) -> Analysis:
    """The answer of a study; the order of its trials does not matter.

    Raises BadInput for a damaged run folder or a duplicate seed.
    """
    groups = runs_by_environment(plan, read_histories(trials))
    runs = score_runs(plan, groups, failures)
    alpha = Looks(tuple(plan.looks)).alpha
    answer = analyse_scores(plan, runs, {name: group.horizon for name, group in groups.items()})
    return msgspec.structs.replace(
        answer,
        curves=_with_aliases(plan, [learning_curve(*cell, alpha) for cell in _cells(plan, groups)]),
        diagnostic_curves=_with_aliases(
            plan, [curve for cell in _cells(plan, groups) for curve in diagnostic_curves(*cell, alpha)]
        ),
        failures=[*failures, *_diverged(plan, groups)],
        versions=_versions(trials),
    )


def analyse_scores(plan: Plan, runs: Sequence[RunScore], horizons: Mapping[str, float]) -> Analysis:
    """Everything that follows from the scores of all runs alone: no learning curves, failures or versions.

    `horizons` has the steps of a complete run in each environment.
    """
    looks = Looks(tuple(plan.looks))
    scores = tabulate_scores(plan, runs, horizons)
    measures = [measure for measure in (*MEASURES, *DIAGNOSED) if scores.scopes(measure.key)]
    effects = estimate_effects(plan, scores, measures, looks)
    return Analysis(
        plan=plan,
        measures=measures,
        runs=_with_aliases(plan, runs),
        estimates=_with_aliases(plan, list(_estimates(scores, measures, looks.alpha))),
        profiles=_with_aliases(plan, list(_profiles(scores, measures, looks.alpha))),
        comparisons=_with_aliases(plan, compare_with_base(plan, scores, measures, looks)),
        effects=effects,
        curves=[],
        conclusions=with_unlearned(
            plan, runs, conclude(evaluate_contrasts(plan, scores, effects, looks), runs, looks.confidence)
        ),
        failures=[],
        versions={},
        notes=method_notes(plan, runs, scores, looks),
    )


def check_width(plan: Plan, trials: Sequence[Trial], width: float) -> Decision:
    """Whether the intervals of all differences in final return are at most `width` wide, or seeds should be added.

    The plan has the seeds of one of its looks. Raises BadInput as `analyse` does.
    """
    groups = runs_by_environment(plan, read_histories(trials))
    horizons = {name: group.horizon for name, group in groups.items()}
    scores = tabulate_scores(plan, score_runs(plan, groups, ()), horizons)
    differences = [
        values
        for environment in plan.environments
        for _, values in paired_differences(plan, scores, FINAL, environment)
    ]
    return decide(differences, len(plan.seeds), width, plan.looks)


def _estimates(scores: ScoreTable, measures: Sequence[Measure], alpha: float) -> Iterator[CellEstimate]:
    for measure, scope, cell in _each(scores, measures):
        strata = scores.strata(measure.key, scope, cell)
        if strata:
            estimate = interquartile_estimate(strata, alpha)
            yield CellEstimate(measure.key, scope, cell, estimate, min(map(len, strata)))


def _profiles(scores: ScoreTable, measures: Sequence[Measure], alpha: float) -> Iterator[Profile]:
    """Profiles of the measures of which more is better."""
    for measure, scope, cell in _each(scores, [measure for measure in measures if measure.higher_is_better]):
        strata = scores.strata(measure.key, scope, cell)
        if strata:
            thresholds = np.linspace(*scores.span(measure.key, scope), PROFILE_POINTS)
            share, low, high = (values.tolist() for values in shares_above(strata, thresholds, alpha))
            yield Profile(measure.key, scope, cell, thresholds.tolist(), share, low, high)


def _cells(plan: Plan, groups: Mapping[str, EnvironmentRuns]) -> Iterator[tuple[list[RunHistory], EnvironmentRuns]]:
    """The runs of each cell in each environment, and all runs there."""
    for cell in plan.runnable:
        for group in groups.values():
            histories = [history for history in group.histories if history.cell == cell.name]
            if histories:
                yield histories, group


def _each(scores: ScoreTable, measures: Sequence[Measure]) -> Iterator[tuple[Measure, Scope, str]]:
    for measure in measures:
        for scope, cell in product(scores.scopes(measure.key), scores.cells):
            yield measure, scope, cell


def _with_aliases(plan: Plan, results: Sequence[OfCell]) -> list[OfCell]:
    """Copy the results of each cell to the cells with the same composition."""
    names: dict[str, list[str]] = {}
    for cell in plan.cells:
        names.setdefault(cell.same_as or cell.name, []).append(cell.name)
    return [msgspec.structs.replace(result, cell=name) for result in results for name in names[result.cell]]


def _diverged(plan: Plan, groups: Mapping[str, EnvironmentRuns]) -> list[Failure]:
    """One entry for each cell and environment in which runs diverged."""
    return [
        Failure(cell.name, environment, [history.seed for history in diverged], "diverged", _when(diverged))
        for cell in plan.runnable
        for environment, group in groups.items()
        if (diverged := [history for history in group.histories if history.cell == cell.name and history.diverged])
    ]


def _when(diverged: Sequence[RunHistory]) -> str:
    steps = ", ".join(f"{history.end:,.0f} (seed {history.seed})" for history in diverged)
    return f"loss, weights or returns stopped being finite at step {steps}"


def _versions(trials: Sequence[Trial]) -> dict[str, str]:
    """The versions of rlzoo, its plugins and libraries; several if the study was continued with others."""
    found: dict[str, set[str]] = {}
    for trial in trials:
        for name, version in trial.folder.manifest.get("versions", {}).items():
            found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(found[name])) for name in sorted(found)}
