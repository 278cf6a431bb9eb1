"""What is measured of a run: one number per seed for each measure.

From the step at which a run diverges on it has lost its agent, so it earns what the worst 100 episodes of any run of
the study earned in that environment. A threshold that is never reached has no score; where a number is needed, the
whole length of a run stands for it, the least it can have been.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from rlzoo.contracts.log import WINDOW
from rlzoo.studies.analysis.histories import Field, History
from rlzoo.studies.analysis.tables import Measure

FINAL = "final"
STEPS = "steps_to_threshold"
MEASURES = [
    Measure(FINAL, f"final return, mean of the last {WINDOW} training episodes", "return"),
    Measure("evaluation", "final return of greedy episodes, mean of the last evaluation", "return"),
    Measure("auc", "area under the curve: the return, averaged over all training steps", "return"),
    Measure(STEPS, "steps until the return reaches the threshold", "steps", higher_is_better=False),
]


def score(history: History, field: Field, threshold: float | None) -> dict[str, float | None]:
    """Each measure of one seed; None where there is none."""
    scores = (
        _final(history, field),
        _evaluation(history, field),
        _area(history, field),
        _steps_to(history, threshold),
    )
    return {measure.key: _rounded(value) for measure, value in zip(MEASURES, scores, strict=True)}


def registered_thresholds(environments: Iterable[str], own: Mapping[str, float] | None = None) -> dict[str, float]:
    """The return at which each environment counts as solved: yours, or that of Gymnasium's registry if it has one."""
    import gymnasium

    thresholds = {}
    for environment in environments:
        spec = gymnasium.registry.get(environment.rpartition(":")[2])
        if spec is not None and spec.reward_threshold is not None:
            thresholds[environment] = float(spec.reward_threshold)
    return thresholds | dict(own or {})


def _rounded(value: float | None) -> float | None:
    """To twelve digits: runs that earned the same do not differ by how their sums were rounded."""
    return None if value is None else float(f"{value:.12g}")


def _final(history: History, field: Field) -> float | None:
    if history.diverged:
        return field.worst
    return float(history.means[-1]) if len(history.means) else None


def _evaluation(history: History, field: Field) -> float | None:
    if history.diverged or not np.isfinite(history.evaluations[-1:]).all():
        return field.worst_evaluation
    return float(history.evaluations[-1]) if len(history.evaluations) else None


def _area(history: History, field: Field) -> float | None:
    """The mean of the running return from the first episode's end to the last step."""
    values, starts, end = history.means, history.steps, history.end
    if history.diverged and field.worst is not None:
        values, starts, end = np.append(values, field.worst), np.append(starts, end), max(field.horizon, end)
    if not len(values):
        return None
    duration = np.diff(starts, append=end)
    return float(np.average(values, weights=duration)) if duration.sum() > 0 else float(values[-1])


def _steps_to(history: History, threshold: float | None) -> float | None:
    """The first step at which the mean of the last `WINDOW` episodes is as high, and so many have been played."""
    if threshold is None:
        return None
    reached = np.flatnonzero(history.means[WINDOW - 1 :] >= threshold)
    return float(history.steps[WINDOW - 1 :][reached[0]]) if len(reached) else None
