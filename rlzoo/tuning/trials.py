"""The trials of a search as a table, and the best of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from rlzoo.tuning.store import TrialStore

STATES: Mapping[TrialState, str] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def trials_table(store: TrialStore) -> pd.DataFrame:
    """One row per trial: `trial, state, steps, score`, and a column for each setting that was searched."""
    return pd.DataFrame([dict(_row(trial, store)) for trial in store.trials])


def best_trial(store: TrialStore) -> FrozenTrial | None:
    """The trial with the highest score among those that trained to their end; of equals, the first."""
    complete = [trial for trial in store.trials if trial.state == TrialState.COMPLETE]
    return max(complete, key=lambda trial: (trial.value, -trial.number), default=None)


def _row(trial: FrozenTrial, store: TrialStore) -> Iterator[tuple[str, object]]:
    steps = max(trial.intermediate_values, default=0)
    yield from (("trial", trial.number), ("state", STATES[trial.state]), ("steps", steps))
    yield "score", trial.intermediate_values.get(steps)
    yield from ((name, trial.params.get(name)) for name in store.space)
