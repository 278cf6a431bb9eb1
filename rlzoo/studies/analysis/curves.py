"""Learning curves of the cells of a study, over the steps that all of them share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlzoo.results.bootstrap import interquartile_curve
from rlzoo.studies.analysis.histories import Field, History
from rlzoo.studies.analysis.tables import Curve

POINTS = 100
"""Steps at which a curve is shown."""


def learning_curve(histories: Sequence[History], field: Field, alpha: float) -> Curve:
    """Of the seeds of one cell in one environment: the running mean of the return.

    A seed that ended early keeps its last value; one that diverged goes on with the worst of the environment.
    """
    steps = np.linspace(0, field.horizon, POINTS)
    values = np.array([_at(history, steps, field.worst) for history in histories])
    centre, low, high = interquartile_curve(values, alpha)
    first = histories[0]
    return Curve(first.cell, first.environment, steps.tolist(), _known(centre), _known(low), _known(high))


def _at(history: History, steps: np.ndarray, worst: float | None) -> np.ndarray:
    over = np.searchsorted(history.steps, steps, side="right")
    values = np.append(np.nan, history.means)[over]
    lost = history.diverged & (steps >= history.end)
    return np.where(lost, np.nan if worst is None else worst, values)


def _known(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
