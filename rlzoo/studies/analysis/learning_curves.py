"""The learning curve of each cell of a study over the steps that all its runs share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlzoo.results.bootstrap import interquartile_curve
from rlzoo.results.returns import value_at
from rlzoo.studies.analysis.run_histories import EnvironmentRuns, RunHistory
from rlzoo.studies.analysis.tables import Curve

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


def _values_at(history: RunHistory, steps: np.ndarray, worst: float | None) -> np.ndarray:
    values = value_at(history.steps, history.means, steps)
    diverged = history.diverged & (steps >= history.end)
    return np.where(diverged, np.nan if worst is None else worst, values)


def _listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
