"""The data of the page's charts, as JSON for its script."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from rlzoo.tuning.report.content import shortened
from rlzoo.tuning.result import TuningResult
from rlzoo.tuning.space import Choices, Domain, Range, Value
from rlzoo.tuning.store import TrialStore

FEWEST_TRIALS = 10
"""Complete trials below which importances say nothing."""

Json = dict[str, Any]


def chart_data(result: TuningResult, store: TrialStore) -> Json:
    """Everything drawn on the page."""
    space, scored = result.search.space, result.trials[result.trials["score"].notna()]
    return {
        "dimensions": [_dimension(name, domain) for name, domain in space.items()],
        "trials": [
            {
                "number": int(row["trial"]),
                "complete": row["state"] == "complete",
                "steps": int(row["steps"]),
                "score": float(row["score"]),
                "heights": [height(row[name], domain) for name, domain in space.items()],
                "texts": [shortened(row[name]) for name in space],
            }
            for row in scored.to_dict("records")
        ],
        "best": result.best_trial,
        "importances": _importances(store),
    }


def height(value: Value, domain: Domain) -> float:
    """Where a value is between the bottom (0) and the top (1) of its axis."""
    if isinstance(domain, Choices):
        return domain.values.index(str(value)) / (len(domain.values) - 1)
    low, high, at = (math.log(x) if domain.log else x for x in (domain.low, domain.high, float(value)))
    return (at - low) / (high - low)


def _dimension(name: str, domain: Domain) -> Json:
    values: Sequence[Value] = domain.values if isinstance(domain, Choices) else _ticks(domain)
    return {"name": name, "ticks": [{"at": height(value, domain), "text": shortened(value)} for value in values]}


def _ticks(domain: Range) -> list[Value]:
    """Both ends, and what is half-way on the axis."""
    middle: float = math.sqrt(domain.low * domain.high) if domain.log else (domain.low + domain.high) / 2
    return [domain.low, round(middle) if domain.whole else middle, domain.high]


def _importances(store: TrialStore) -> list[Json]:
    """The share of each setting in the variation of the score among complete trials, by PED-ANOVA, largest first."""
    study = store.study
    complete = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    if len(complete) < FEWEST_TRIALS or len({trial.value for trial in complete}) < 2:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Mapping[str, float] = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return [{"name": name, "share": share} for name, share in found.items()]
