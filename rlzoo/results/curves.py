"""Learning curves of a run: return, episode length or evaluation over the steps, seed by seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import shown
from rlzoo.results.returns import moving_average, value_at
from rlzoo.results.run_folder import RunFolder

POINTS = 200
"""Steps at which a moving average is evaluated."""


@dataclass(frozen=True)
class Quantity:
    """A column of one of the run's tables, and its label on the axis."""

    table: str
    column: str
    label: str
    is_return: bool = True


QUANTITIES = {
    "return": Quantity("episodes", "return", "return, mean of the last {last} episodes"),
    "length": Quantity("episodes", "length", "episode length in steps, mean of the last {last} episodes", False),
    "evaluation": Quantity("evaluations", "return", "return of greedy episodes, mean of each evaluation"),
}


def main_quantity(folders: Sequence[RunFolder]) -> str:
    """What shows how well these runs learned: the return of training episodes, or of evaluations if all are offline."""
    return "evaluation" if all(folder.is_offline for folder in folders) else "return"


@dataclass(frozen=True)
class Curves:
    """A quantity of `S` seeds at `G` environment steps; seeds without any value are left out.

    Lanes that diverge or train alone end at different steps, so a finished seed keeps its last value.
    """

    seeds: list[int]
    steps: np.ndarray  # [G]
    values: np.ndarray  # [S, G], NaN before the first one of a seed
    ends: np.ndarray  # [S] the step of a seed's last value


def read_curves(folder: RunFolder, quantity: Quantity, last: int) -> Curves:
    """The curves of a run, each the mean of the `last` episodes. Raises BadInput if the run does not have the table."""
    table = folder.table(quantity.table).sort_values(["seed", "step"], kind="stable")
    if quantity.column not in table:
        raise BadInput(f"`{shown(folder.path)}` has no column `{quantity.column}`")
    if quantity.table == "evaluations":
        table = table.groupby(["seed", "step"])[quantity.column].mean().reset_index()
        steps, last = np.unique(table["step"]), 1
    else:
        steps = np.linspace(0, table["step"].max() if len(table) else 0, POINTS)
    seeds = {int(str(seed)): rows for seed, rows in table.groupby("seed")}
    values = [
        value_at(rows["step"].to_numpy(), moving_average(rows[quantity.column].to_numpy(), last), steps)
        for rows in seeds.values()
    ]
    ends = [rows["step"].max() for rows in seeds.values()]
    return Curves(list(seeds), steps, np.array(values).reshape(len(seeds), len(steps)), np.array(ends))
