"""The scores of all runs of a study in one array per measure, and the slices of it that statistics need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rlzoo.studies.analysis.measures import DIAGNOSED, MEASURES, STEPS, score_run
from rlzoo.studies.analysis.run_histories import EnvironmentRuns, RunHistory, environment_runs
from rlzoo.studies.analysis.tables import Failure, RunScore, Status
from rlzoo.studies.design.plan import Plan

Scope = str | None
"""An environment, or None for all of them together."""


@dataclass(frozen=True)
class ScoreTable:
    """The scores of each measure, `[cells, environments, seeds]`, NaN where a run has none.

    Cells are those that train. A run that never reached the threshold scores its length, unless no run of the
    environment reached it.
    """

    cells: list[str]
    environments: list[str]
    seeds: list[int]
    values: dict[str, np.ndarray]

    def scopes(self, measure: str) -> list[Scope]:
        """The environments that have the measure, followed by None if there are several."""
        known = np.isfinite(self.values[measure]).any((0, 2))
        scopes: list[Scope] = [name for name, has_scores in zip(self.environments, known, strict=True) if has_scores]
        return [*scopes, None] if len(scopes) > 1 else scopes

    def strata(self, measure: str, scope: Scope, cell: str) -> list[np.ndarray]:
        """A cell's scores in each environment of the scope, `[S]` each; empty if it has none in one of them."""
        strata = [row[np.isfinite(row)] for row in self._scaled(measure, scope)[:, self.cells.index(cell)]]
        return strata if all(map(len, strata)) else []

    def by_seed(self, measure: str, scope: Scope) -> np.ndarray:
        """Each seed's score in an environment, or its mean normalized score over all of them, `[cells, seeds]`."""
        return self._scaled(measure, scope).mean(0)

    def span(self, measure: str, scope: Scope) -> tuple[float, float]:
        """The lowest and the highest score of any run."""
        values = self._scaled(measure, scope)
        return float(np.nanmin(values)), float(np.nanmax(values))

    def _scaled(self, measure: str, scope: Scope) -> np.ndarray:
        """`[environments, cells, seeds]`; over all environments, scaled to 0 (lowest score of any run) and 1."""
        values = self.values[measure].swapaxes(0, 1)
        if scope is not None:
            return values[[self.environments.index(scope)]]
        values = values[np.isfinite(values).any((1, 2))]
        low, high = np.nanmin(values, (1, 2), keepdims=True), np.nanmax(values, (1, 2), keepdims=True)
        return (values - low) / np.where(high > low, high - low, 1.0)


def runs_by_environment(plan: Plan, histories: Sequence[RunHistory]) -> dict[str, EnvironmentRuns]:
    """The runs of each environment of the plan."""
    return {
        name: environment_runs([history for history in histories if history.environment == name], plan.steps)
        for name in plan.environments
    }


def score_runs(plan: Plan, runs: Mapping[str, EnvironmentRuns], failures: Sequence[Failure]) -> list[RunScore]:
    """The scores of every run of the plan in the plan's order, including runs that failed or are missing."""
    found = {
        (history.cell, environment, history.seed): _row(history, group, plan.thresholds.get(environment))
        for environment, group in runs.items()
        for history in group.histories
    }
    failed = {
        (failure.cell, failure.environment, seed)
        for failure in failures
        if failure.kind == "failed"
        for seed in failure.seeds
    }
    seeds = sorted({*plan.seeds, *(seed for _, _, seed in found)})
    keys = [(cell.name, name, seed) for cell in plan.runnable for name in plan.environments for seed in seeds]
    return [found.get(key) or _without_scores(*key, "failed" if key in failed else "missing") for key in keys]


def tabulate_scores(plan: Plan, runs: Sequence[RunScore], horizons: Mapping[str, float]) -> ScoreTable:
    """The scores of all runs; `horizons` has the steps of a complete run in each environment."""
    cells, seeds = [cell.name for cell in plan.runnable], sorted({run.seed for run in runs})
    shape = (len(cells), len(plan.environments), len(seeds))
    values = {measure.key: np.full(shape, np.nan) for measure in (*MEASURES, *DIAGNOSED)}
    place = {key: n for n, key in enumerate((c, e, s) for c in cells for e in plan.environments for s in seeds)}
    reached = {run.environment for run in runs if run.scores[STEPS] is not None}
    for run in runs:
        for measure, number in run.scores.items():
            if number is None and measure == STEPS and run.environment in reached and is_complete(run):
                number = horizons[run.environment]
            if number is not None:
                values[measure].flat[place[run.cell, run.environment, run.seed]] = number
    return ScoreTable(cells, plan.environments, seeds, values)


def is_complete(run: RunScore) -> bool:
    """Whether the run finished or diverged, rather than failed or never trained."""
    return run.status in ("finished", "diverged")


def _row(history: RunHistory, runs: EnvironmentRuns, threshold: float | None) -> RunScore:
    status: Status = "diverged" if history.diverged else "finished"
    scores = score_run(history, runs, threshold)
    return RunScore(history.cell, history.environment, history.seed, status, scores)


def _without_scores(cell: str, environment: str, seed: int, status: Status) -> RunScore:
    return RunScore(cell, environment, seed, status, dict.fromkeys(measure.key for measure in MEASURES))
