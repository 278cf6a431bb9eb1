"""All scores of a study in one table, and the views of it that statistics take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rlzoo.studies.analysis.histories import Field, History, survey
from rlzoo.studies.analysis.measures import MEASURES, STEPS, score
from rlzoo.studies.analysis.tables import Failure, RunScore, Status
from rlzoo.studies.design.plan import Plan

Scope = str | None
"""An environment, or None for all of them."""


@dataclass(frozen=True)
class Scores:
    """The numbers of each measure, `[cells, environments, seeds]`, NaN where there is none.

    Cells are those that train. A threshold that a run did not reach is a number here, the length of a run, unless no
    run in the environment did.
    """

    cells: list[str]
    environments: list[str]
    seeds: list[int]
    values: dict[str, np.ndarray]

    def scopes(self, measure: str) -> list[Scope]:
        """The environments that have the measure, and None if there are several."""
        known = np.isfinite(self.values[measure]).any((0, 2))
        scopes: list[Scope] = [name for name, there in zip(self.environments, known, strict=True) if there]
        return [*scopes, None] if len(scopes) > 1 else scopes

    def strata(self, measure: str, scope: Scope, cell: str) -> list[np.ndarray]:
        """The scores of a cell in an environment, or, normalised, in each of all; empty unless it has some in each."""
        strata = [own[np.isfinite(own)] for own in self._environments(measure, scope)[:, self.cells.index(cell)]]
        return strata if all(map(len, strata)) else []

    def by_seed(self, measure: str, scope: Scope) -> np.ndarray:
        """A score of each seed, `[cells, seeds]`: in an environment, or the mean of the normalised ones over all."""
        return self._environments(measure, scope).mean(0)

    def span(self, measure: str, scope: Scope) -> tuple[float, float]:
        """The lowest and the highest score of any run."""
        values = self._environments(measure, scope)
        return float(np.nanmin(values)), float(np.nanmax(values))

    def _environments(self, measure: str, scope: Scope) -> np.ndarray:
        """`[environments, cells, seeds]`; over all, each scaled by the worst and best run of the study to 0 and 1."""
        values = self.values[measure].swapaxes(0, 1)
        if scope is not None:
            return values[[self.environments.index(scope)]]
        values = values[np.isfinite(values).any((1, 2))]
        low, high = np.nanmin(values, (1, 2), keepdims=True), np.nanmax(values, (1, 2), keepdims=True)
        return (values - low) / np.where(high > low, high - low, 1.0)


def survey_all(plan: Plan, histories: Sequence[History]) -> dict[str, Field]:
    """What there is of each environment of the plan."""
    return {
        name: survey([history for history in histories if history.environment == name], plan.steps)
        for name in plan.environments
    }


def score_runs(plan: Plan, fields: Mapping[str, Field], failures: Sequence[Failure]) -> list[RunScore]:
    """Every run of the plan's cells, those too that are not there, in the order of the plan."""
    found = {
        (history.cell, environment, history.seed): _row(history, field, plan.thresholds.get(environment))
        for environment, field in fields.items()
        for history in field.histories
    }
    failed = {(own.cell, own.environment, seed) for own in failures if own.kind == "failed" for seed in own.seeds}
    seeds = sorted({*plan.seeds, *(seed for _, _, seed in found)})
    keys = [(cell.name, name, seed) for cell in plan.runnable for name in plan.environments for seed in seeds]
    return [found.get(key) or _absent(*key, "failed" if key in failed else "missing") for key in keys]


def tabulate(plan: Plan, fields: Mapping[str, Field], runs: Sequence[RunScore]) -> Scores:
    """The numbers of all runs."""
    cells, seeds = [cell.name for cell in plan.runnable], sorted({run.seed for run in runs})
    shape = (len(cells), len(plan.environments), len(seeds))
    values = {measure.key: np.full(shape, np.nan) for measure in MEASURES}
    place = {key: n for n, key in enumerate((c, e, s) for c in cells for e in plan.environments for s in seeds)}
    reached = {run.environment for run in runs if run.scores[STEPS] is not None}
    for run in runs:
        for measure, number in run.scores.items():
            if number is None and measure == STEPS and run.environment in reached and trained_whole(run):
                number = fields[run.environment].horizon
            if number is not None:
                values[measure].flat[place[run.cell, run.environment, run.seed]] = number
    return Scores(cells, plan.environments, seeds, values)


def trained_whole(run: RunScore) -> bool:
    """Whether it ended by itself, for better or worse."""
    return run.status in ("finished", "diverged")


def _row(history: History, field: Field, threshold: float | None) -> RunScore:
    status: Status = "diverged" if history.diverged else "finished"
    scores = score(history, field, threshold)
    return RunScore(history.cell, history.environment, history.seed, status, scores)


def _absent(cell: str, environment: str, seed: int, status: Status) -> RunScore:
    return RunScore(cell, environment, seed, status, dict.fromkeys(measure.key for measure in MEASURES))
