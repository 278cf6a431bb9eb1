"""What each seed of a study earned while it trained, read from the run folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.log import WINDOW
from rlzoo.results.returns import moving_average
from rlzoo.results.run_folder import RunFolder
from rlzoo.studies.execution.units import REPAIR, Unit


@dataclass(frozen=True)
class History:
    """One seed of a cell in an environment."""

    cell: str
    environment: str
    seed: int
    steps: np.ndarray
    """The environment step at which each training episode ended, `[K]`."""
    means: np.ndarray
    """The mean of the last `WINDOW` returns after each of them, of all while there are fewer, `[K]`."""
    evaluations: np.ndarray
    """The mean return of each evaluation, in order; empty where there was none."""
    end: float
    """The step up to which it trained: all of them, or those until it diverged."""
    diverged: bool
    """Whether its loss or weights stopped being finite, or a return was not."""


@dataclass(frozen=True)
class Field:
    """An environment, as the runs of the study found it."""

    histories: list[History]
    horizon: float
    """Steps of a whole run."""
    worst: float | None
    """The lowest mean of `WINDOW` episodes (of all, in a run with fewer) in any run; what a diverged run counts as."""
    worst_evaluation: float | None
    """The lowest mean of an evaluation in any run."""


def read_histories(units: Sequence[Unit]) -> list[History]:
    """All seeds of all units, in an order of their own. Raises BadInput for a damaged folder, or a seed given twice."""
    histories = [history for unit in units for history in _read(unit)]
    histories.sort(key=lambda history: (history.cell, history.environment, history.seed))
    for one, other in pairwise(histories):
        if (one.cell, one.environment, one.seed) == (other.cell, other.environment, other.seed):
            raise BadInput(f"seed {one.seed} of `{one.cell}` in `{one.environment}` is there twice")
    return histories


def survey(histories: list[History], steps: int | None) -> Field:
    """What the runs of one environment have in common; `steps` are those planned, None where episodes count."""
    horizon = float(max([steps or 0, *(history.end for history in histories)]))
    whole = [history.means[min(WINDOW, len(history.means)) - 1 :] for history in histories]
    return Field(histories, horizon, _lowest(whole), _lowest([history.evaluations for history in histories]))


def _read(unit: Unit) -> Iterator[History]:
    folder = unit.folder
    counts = folder.manifest.get("counts", {})
    episodes = _by_seed(folder.table("episodes"))
    evaluations = _by_seed(_evaluations(folder))
    _check_whole(folder, episodes, evaluations)
    nothing = pd.DataFrame({"step": [], "return": []}, dtype=float)
    for seed in folder.seeds:
        own = episodes.get(seed, nothing)
        steps, returns = own["step"].to_numpy(float), own["return"].to_numpy(float)
        sound = np.logical_and.accumulate(np.isfinite(returns))  # until one is no number
        lost = [*steps[~sound][:1], *([folder.diverged[seed]] if seed in folder.diverged else [])]
        trained = counts.get(str(seed), {}).get("steps", steps[-1] if len(steps) else 0)
        yield History(
            unit.cell,
            unit.environment,
            seed,
            steps[sound],
            moving_average(returns[sound]),
            evaluations.get(seed, nothing)["return"].to_numpy(float),
            float(min(lost, default=trained)),
            bool(lost),
        )


def _check_whole(
    folder: RunFolder, episodes: Mapping[int, pd.DataFrame], evaluations: Mapping[int, pd.DataFrame]
) -> None:
    """Raise BadInput where rows are missing that the manifest knows of."""
    for seed, counts in folder.manifest.get("counts", {}).items():
        there = len(episodes.get(int(seed), ()))
        asked = counts.get("episodes", there)
        if there != asked:
            raise BadInput(f"`{folder.path}/episodes.csv` has {there} of {asked} episodes of seed {seed}; {REPAIR}")
    if folder.manifest["composition"].get("train", {}).get("eval_every") is None:
        return
    whole = [seed for seed in folder.seeds if seed not in folder.diverged]
    played = [evaluations[seed]["episodes"].tolist() if seed in evaluations else [] for seed in whole]
    if any(not own or own != played[0] for own in played):
        raise BadInput(f"`{folder.path}/evaluations.csv` lacks rows; {REPAIR}")


def _evaluations(folder: RunFolder) -> pd.DataFrame:
    """The mean of each evaluation, and how many episodes it had; a run may have none."""
    try:
        table = folder.table("evaluations")
    except BadInput:
        return pd.DataFrame({"seed": [], "step": [], "return": [], "episodes": []})
    own = table.groupby(["seed", "step"])["return"]
    return pd.DataFrame({"return": own.mean(), "episodes": own.size()}).reset_index()


def _by_seed(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    ordered = table.sort_values(["seed", "step"], kind="stable")
    return {int(str(seed)): rows for seed, rows in ordered.groupby("seed")}


def _lowest(values: list[np.ndarray]) -> float | None:
    finite = [own[np.isfinite(own)] for own in values]
    return min((float(own.min()) for own in finite if len(own)), default=None)
