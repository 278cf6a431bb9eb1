"""Learning curves: what a run's tables say at some steps, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rlzoo.results.run_folder import RunFolder

POINTS = 200
"""Steps at which a running mean is shown."""


@dataclass(frozen=True)
class Quantity:
    """What to show: the column of a table of the run, and its name on the axis."""

    table: str
    column: str
    label: str


QUANTITIES = {
    "return": Quantity("episodes", "return", "return, mean of the last {last} episodes"),
    "length": Quantity("episodes", "length", "episode length in steps, mean of the last {last} episodes"),
    "evaluation": Quantity("evaluations", "return", "return of greedy episodes, mean of each evaluation"),
}


@dataclass(frozen=True)
class Curves:
    """A quantity over the environment steps of each of `S` seeds that has any, at `G` steps common to all.

    A seed that is over keeps its last value, since lanes that diverge or train alone end at different steps.
    """

    seeds: list[int]
    steps: np.ndarray  # [G]
    values: np.ndarray  # [S, G], NaN before the first one of a seed
    ends: np.ndarray  # [S] the step of a seed's last value


def read_curves(folder: RunFolder, quantity: Quantity, last: int) -> Curves:
    """The curves of a run. Raises BadInput where it does not have the table."""
    table = folder.table(quantity.table).sort_values(["seed", "step"], kind="stable")
    if quantity.table == "evaluations":
        table = table.groupby(["seed", "step"])[quantity.column].mean().reset_index()
        steps, last = np.unique(table["step"]), 1
    else:
        steps = np.linspace(0, table["step"].max() if len(table) else 0, POINTS)
    seeds = {int(str(seed)): rows for seed, rows in table.groupby("seed")}
    values = [_running_mean(rows["step"], rows[quantity.column], steps, last) for rows in seeds.values()]
    ends = [rows["step"].max() for rows in seeds.values()]
    return Curves(list(seeds), steps, np.array(values).reshape(len(seeds), len(steps)), np.array(ends))


def _running_mean(at: pd.Series[int], values: pd.Series[float], steps: np.ndarray, last: int) -> np.ndarray:
    """The mean of the last `last` values at or before each of `steps`; NaN where there is none yet."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    after = np.searchsorted(at, steps, side="right")
    before = np.maximum(after - last, 0)
    count = after - before
    return np.where(count > 0, (total[after] - total[before]) / np.maximum(count, 1), np.nan)
