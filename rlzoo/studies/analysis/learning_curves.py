"""The learning curve of each cell of a study, and those of its diagnostics, over the steps that all its runs share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rlzoo.contracts.diagnostics import DIAGNOSTICS
from rlzoo.results.bootstrap import interquartile_curve
from rlzoo.results.diagnosed import averaged, parts
from rlzoo.results.returns import value_at
from rlzoo.studies.analysis.run_histories import EnvironmentRuns, RunHistory
from rlzoo.studies.analysis.tables import Curve, DiagnosticCurve

POINTS = 100
"""Steps at which a curve is evaluated."""


def learning_curve(histories: Sequence[RunHistory], runs: EnvironmentRuns, alpha: float) -> Curve:
    """The curve of one cell in one environment, over its seeds.

    A seed that ended early keeps its last value; one that diverged continues with the worst of the environment.
    """
    steps = np.linspace(0, runs.horizon, POINTS)
    values = np.array([_values_at(history, steps, runs.worst) for history in histories])
    center, low, high = interquartile_curve(values, alpha)
    first = histories[0]
    return Curve(first.cell, first.environment, steps.tolist(), _listed(center), _listed(low), _listed(high))


def diagnostic_curves(
    histories: Sequence[RunHistory], runs: EnvironmentRuns, alpha: float
) -> Iterator[DiagnosticCurve]:
    """The curve of each diagnostic of one cell in one environment, over the seeds that have it."""
    first, ends = histories[0], parts(runs.horizon)
    for it in DIAGNOSTICS:
        found = [history.diagnostics[it.column] for history in histories if it.column in history.diagnostics]
        if found:
            center, low, high = interquartile_curve(np.array([averaged(*series, ends) for series in found]), alpha)
            numbers = ends.tolist(), _listed(center), _listed(low), _listed(high)
            yield DiagnosticCurve(first.cell, first.environment, *numbers, it.column)


def _values_at(history: RunHistory, steps: np.ndarray, worst: float | None) -> np.ndarray:
    values = value_at(history.steps, history.means, steps)
    diverged = history.diverged & (steps >= history.end)
    return np.where(diverged, np.nan if worst is None else worst, values)


def _listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
