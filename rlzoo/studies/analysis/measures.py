"""The performance measures of a run: one score per run for each.

From the step at which a run diverges, it scores what the worst 100 episodes of any run of the study earned in that
environment. A run that never reaches the threshold has no score; where a number is needed, the length of a run is used,
which is the lower bound. Diagnostics are means over the rows of metrics.csv, up to the step at which a run diverges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from rlzoo.contracts.diagnostics import DIAGNOSTICS
from rlzoo.contracts.log import WINDOW
from rlzoo.studies.analysis.run_histories import EnvironmentRuns, RunHistory
from rlzoo.studies.analysis.tables import Measure

FINAL = "final"
STEPS = "steps_to_threshold"
MEASURES = [
    Measure(FINAL, f"final return: mean of the last {WINDOW} training episodes", "return"),
    Measure("evaluation", "evaluation return: mean of the greedy episodes of the last evaluation", "return"),
    Measure("auc", "area under the learning curve: return averaged over all training steps", "return"),
    Measure(STEPS, "steps to threshold: steps until the mean return reaches the threshold", "steps", False),
]

DIAGNOSED = [Measure(it.column, f"{it.label}, mean over the run", it.unit, False) for it in DIAGNOSTICS]
"""Those of runs with `train.diagnose`."""


def score_run(history: RunHistory, runs: EnvironmentRuns, threshold: float | None) -> dict[str, float | None]:
    """The score of a run for each measure; None where it has none."""
    scores = (
        _final(history, runs),
        _evaluation(history, runs),
        _area(history, runs),
        _steps_to(history, threshold),
    )
    found = zip((measure.key for measure in MEASURES), scores, strict=True)
    means = [(column, float(values.mean())) for column, (_, values) in history.diagnostics.items()]
    return {key: _rounded(value) for key, value in [*found, *means]}


def registered_thresholds(environments: Iterable[str], given: Mapping[str, float] | None = None) -> dict[str, float]:
    """The return at which each environment counts as solved: as given, or else from Gymnasium's registry."""
    import gymnasium

    thresholds = {}
    for environment in environments:
        spec = gymnasium.registry.get(environment.rpartition(":")[2])
        if spec is not None and spec.reward_threshold is not None:
            thresholds[environment] = float(spec.reward_threshold)
    return thresholds | dict(given or {})


def _rounded(value: float | None) -> float | None:
    """Round to twelve digits, so that equal returns do not differ by the rounding of their sums."""
    return None if value is None else float(f"{value:.12g}")


def _final(history: RunHistory, runs: EnvironmentRuns) -> float | None:
    if history.diverged:
        return runs.worst
    return float(history.means[-1]) if len(history.means) else None


def _evaluation(history: RunHistory, runs: EnvironmentRuns) -> float | None:
    if history.diverged or not np.isfinite(history.evaluations[-1:]).all():
        return runs.worst_evaluation
    return float(history.evaluations[-1]) if len(history.evaluations) else None


def _area(history: RunHistory, runs: EnvironmentRuns) -> float | None:
    """The mean of the moving average from the end of the first episode to the last step."""
    values, starts, end = history.means, history.steps, history.end
    if history.diverged and runs.worst is not None:
        values, starts, end = np.append(values, runs.worst), np.append(starts, end), max(runs.horizon, end)
    if not len(values):
        return None
    duration = np.diff(starts, append=end)
    return float(np.average(values, weights=duration)) if duration.sum() > 0 else float(values[-1])


def _steps_to(history: RunHistory, threshold: float | None) -> float | None:
    """The first step at which the mean of a full window of episodes reaches the threshold."""
    if threshold is None:
        return None
    reached = np.flatnonzero(history.means[WINDOW - 1 :] >= threshold)
    return float(history.steps[WINDOW - 1 :][reached[0]]) if len(reached) else None
