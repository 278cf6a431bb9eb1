"""CSV files with a row per episode, whatever their columns are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from rlzoo.contracts.errors import BadInput, listed
from rlzoo.results.files import shown
from rlzoo.results.logs.log_file import COLUMNS, SeedLog

NAMES: Mapping[str, tuple[str, ...]] = {
    "step": ("step", "steps", "global_step", "env_step", "env_steps", "timestep", "timesteps", "total_timesteps"),
    "return": (
        "return",
        "returns",
        "episodic_return",
        "episode_return",
        "ep_return",
        "episode_reward",
        "reward",
        "score",
    ),
    "length": ("length", "episodic_length", "episode_length", "ep_length"),
    "seed": ("seed",),
    "environment": ("environment", "env", "env_id"),
}
"""The names under which each column is looked for, if none is given."""
REQUIRED = ("step", "return")


def read_csv_file(path: Path, columns: Mapping[str, str]) -> list[SeedLog]:
    """A log for each seed in the file; without a column for it, the file is one seed.

    `columns` names columns that are called otherwise, such as `{"return": "my_return"}`. Raises BadInput if one that is
    needed is missing, or not of numbers.
    """
    table = _table(path)
    used = {name: _find(path, table, name, columns.get(name)) for name in NAMES}
    found = {name: table[column] for name, column in used.items() if column is not None}
    numbers = pd.DataFrame({name: _numbers(path, found[name]) for name in (*COLUMNS, "seed") if name in found})
    rows = numbers["step"].notna() & numbers["return"].notna()  # a row may have other quantities only
    numbers = numbers[rows].sort_values("step", kind="stable")
    environments = found["environment"][rows].dropna().unique().tolist() if "environment" in found else []
    if len(environments) > 1:
        several = listed(map(str, environments))
        raise BadInput(f"`{shown(path)}` has several environments: {several}; give one file for each")
    where = str(environments[0]) if environments else ""
    return [SeedLog(episodes, where) for episodes in _by_seed(numbers)]


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, comment="#")
    except OSError as error:
        raise BadInput(f"cannot read `{shown(path)}`: {error.strerror}") from error
    except (ValueError, pd.errors.ParserError) as error:
        raise BadInput(f"`{shown(path)}` is not a CSV file: {str(error).strip()}") from None


def _find(path: Path, table: pd.DataFrame, name: str, given: str | None) -> str | None:
    """The column of a file, or None if it is not needed. Raises BadInput if it is missing."""
    if given is None:
        column = next((column for column in NAMES[name] if column in table.columns), None)
        if column is None and name in REQUIRED:
            raise BadInput(
                f"`{shown(path)}` has no column for the {name}; name one of {listed(map(str, table.columns))} with "
                f"`--column {name}=COLUMN`"
            )
        return column
    if given not in table.columns:
        raise BadInput(f"`{shown(path)}` has no column `{given}`; it has {listed(map(str, table.columns))}")
    return given


def _numbers(path: Path, column: pd.Series) -> np.ndarray:
    try:
        return pd.to_numeric(column).to_numpy(float)
    except (TypeError, ValueError) as error:
        raise BadInput(f"`{shown(path)}`: the column `{column.name}` is not of numbers: {error}") from None


def _by_seed(numbers: pd.DataFrame) -> Iterator[pd.DataFrame]:
    if "seed" not in numbers:
        yield numbers.reset_index(drop=True)
        return
    for _, episodes in numbers.groupby("seed"):
        yield episodes.drop(columns="seed").reset_index(drop=True)
