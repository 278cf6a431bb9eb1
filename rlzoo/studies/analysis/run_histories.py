"""The return of each run of a study over its training steps, read from the run folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.log import WINDOW
from rlzoo.results.diagnosed import Found, read_diagnostics
from rlzoo.results.returns import moving_average
from rlzoo.results.run_folder import RunFolder
from rlzoo.studies.execution.trials import REPAIR, Trial


@dataclass(frozen=True)
class RunHistory:
    """One run: a seed of a cell in an environment."""

    cell: str
    environment: str
    seed: int
    steps: np.ndarray
    """The environment step at which each training episode ended, `[K]`."""
    means: np.ndarray
    """The moving average of the return after each of these episodes, `[K]`."""
    evaluations: np.ndarray
    """The mean return of each evaluation, in order; empty if there was none."""
    end: float
    """The last step, or the step at which the run diverged."""
    diverged: bool
    """Whether the loss, a weight or a return stopped being finite."""
    diagnostics: Found = field(default_factory=dict)
    """What diagnostics found; empty without `train.diagnose`."""


@dataclass(frozen=True)
class EnvironmentRuns:
    """All runs of a study in one environment."""

    histories: list[RunHistory]
    horizon: float
    """The steps of a complete run."""
    worst: float | None
    """The lowest moving average over a full window (over all episodes of a shorter run); what a diverged run scores."""
    worst_evaluation: float | None
    """The lowest mean return of any evaluation."""


def read_histories(trials: Sequence[Trial]) -> list[RunHistory]:
    """All runs, sorted by cell, environment and seed. Raises BadInput for a damaged folder or a duplicate seed."""
    histories = [history for trial in trials for history in _read(trial)]
    histories.sort(key=_key)
    for first, second in pairwise(histories):
        if _key(first) == _key(second):
            raise BadInput(f"Duplicate seed {first.seed} of `{first.cell}` in `{first.environment}`")
    return histories


def environment_runs(histories: list[RunHistory], steps: int | None) -> EnvironmentRuns:
    """The runs of one environment; `steps` is the planned length, None where the algorithm counts episodes."""
    horizon = float(max([steps or 0, *(history.end for history in histories)]))
    full_windows = [history.means[min(WINDOW, len(history.means)) - 1 :] for history in histories]
    evaluations = [history.evaluations for history in histories]
    return EnvironmentRuns(histories, horizon, _lowest(full_windows), _lowest(evaluations))


def _key(history: RunHistory) -> tuple[str, str, int]:
    return history.cell, history.environment, history.seed


def _read(trial: Trial) -> Iterator[RunHistory]:
    folder = trial.folder
    episodes = _by_seed(folder.table("episodes"))
    evaluations = _by_seed(_evaluations(folder))
    _check_complete(folder, episodes, evaluations)
    diagnostics = read_diagnostics(folder)
    empty = pd.DataFrame({"step": [], "return": []}, dtype=float)
    for seed in folder.seeds:
        found = diagnostics.get(seed, {})
        yield _history(trial, seed, episodes.get(seed, empty), evaluations.get(seed, empty), found)


def _history(
    trial: Trial,
    seed: int,
    episodes: pd.DataFrame,
    evaluations: pd.DataFrame,
    diagnostics: Found,
) -> RunHistory:
    folder = trial.folder
    steps, returns = episodes["step"].to_numpy(float), episodes["return"].to_numpy(float)
    finite = np.logical_and.accumulate(np.isfinite(returns))  # up to the first return that is not
    diverged_at = [*steps[~finite][:1], *([folder.diverged[seed]] if seed in folder.diverged else [])]
    counts = folder.manifest.get("counts", {}).get(str(seed), {})
    trained = counts.get("steps", steps[-1] if len(steps) else 0)
    return RunHistory(
        cell=trial.cell,
        environment=trial.environment,
        seed=seed,
        steps=steps[finite],
        means=moving_average(returns[finite]),
        evaluations=evaluations["return"].to_numpy(float),
        end=float(min(diverged_at, default=trained)),
        diverged=bool(diverged_at),
        diagnostics=diagnostics,
    )


def _check_complete(
    folder: RunFolder, episodes: Mapping[int, pd.DataFrame], evaluations: Mapping[int, pd.DataFrame]
) -> None:
    """Raise BadInput where a table has fewer rows than the manifest says."""
    for seed, counts in folder.manifest.get("counts", {}).items():
        found = len(episodes.get(int(seed), ()))
        expected = counts.get("episodes", found)
        if found != expected:
            raise BadInput(f"`{folder.path}/episodes.csv` has {found} of {expected} episodes of seed {seed}; {REPAIR}")
    if folder.manifest["composition"].get("train", {}).get("eval_every") is None:
        return
    counts = folder.manifest.get("counts", {})
    stopped = {int(seed) for seed, of_seed in counts.items() if of_seed.get("stopped_at") is not None}
    finished = [seed for seed in folder.seeds if seed not in stopped and seed not in folder.diverged]
    played = [evaluations[seed]["episodes"].tolist() if seed in evaluations else [] for seed in finished]
    if any(not sizes or sizes != played[0] for sizes in played):
        raise BadInput(f"`{folder.path}/evaluations.csv` is incomplete; {REPAIR}")


def _evaluations(folder: RunFolder) -> pd.DataFrame:
    """The mean return and the number of episodes of each evaluation; empty if the run has none."""
    try:
        table = folder.table("evaluations")
    except BadInput:
        return pd.DataFrame({"seed": [], "step": [], "return": [], "episodes": []})
    returns = table.groupby(["seed", "step"])["return"]
    return pd.DataFrame({"return": returns.mean(), "episodes": returns.size()}).reset_index()


def _by_seed(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    ordered = table.sort_values(["seed", "step"], kind="stable")
    return {int(str(seed)): rows for seed, rows in ordered.groupby("seed")}


def _lowest(values: list[np.ndarray]) -> float | None:
    finite = [row[np.isfinite(row)] for row in values]
    return min((float(row.min()) for row in finite if len(row)), default=None)
