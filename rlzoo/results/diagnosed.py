"""What diagnostics and other columns of metrics.csv say in the course of a run, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rlzoo.contracts.diagnostics import DIAGNOSTICS
from rlzoo.contracts.errors import UnknownName, nearest
from rlzoo.results.curves import QUANTITIES, Curves
from rlzoo.results.files import shown
from rlzoo.results.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

POINTS = 40
"""Parts of a run over which a diagnostic is averaged for a curve."""
LOGARITHMIC = 100.0
"""The ratio of the highest to the lowest value from which on an axis is logarithmic, if all are positive."""
Found = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Column -> the steps of the rows that have it, and its values there, `[K]` each."""


def read_diagnostics(folder: RunFolder) -> Mapping[int, Found]:
    """Seed -> what was found; empty without `train.diagnose`, and for a run too short for a row of metrics."""
    diagnosed = folder.manifest["composition"].get("train", {}).get("diagnose")
    if not diagnosed or not (folder.path / "metrics.csv").exists():
        return {}
    table = folder.table("metrics")
    return _by_seed(table, [it.column for it in DIAGNOSTICS if it.column in table])


def read_metric(folder: RunFolder, column: str) -> Curves:
    """The curves of a column of metrics.csv. Raises BadInput for a run without it."""
    table = folder.table("metrics")
    names = [str(name) for name in table if name not in ("seed", "step", "update")]
    if column not in names:
        offered = [*QUANTITIES, *names]
        raise UnknownName(
            f"`{shown(folder.path)}` has no `{column}`.{nearest(column, offered)} Valid: {', '.join(offered)}"
        )
    return curves_of(column, _by_seed(table, [column]))


def curves_of(column: str, found: Mapping[int, Found]) -> Curves:
    """A column of the seeds that have it; of long runs, its mean over each of `POINTS` parts."""
    of_seed = {seed: columns[column] for seed, columns in found.items() if column in columns}
    steps = np.unique(np.concatenate([np.zeros(0), *(steps for steps, _ in of_seed.values())]))
    ends = parts(steps[-1], POINTS) if len(steps) > POINTS else steps
    values = [averaged(*series, ends) for series in of_seed.values()]
    last = [ends[np.searchsorted(ends, steps[-1])] for steps, _ in of_seed.values()]
    return Curves(list(of_seed), ends, np.array(values).reshape(len(of_seed), len(ends)), np.array(last))


def _by_seed(table: pd.DataFrame, columns: Sequence[str]) -> dict[int, Found]:
    found: dict[int, Found] = {}
    for seed, rows in table.sort_values("step", kind="stable").groupby("seed"):
        known = {column: rows[["step", column]].dropna().to_numpy(float).T for column in columns}
        found[int(str(seed))] = {column: (steps, values) for column, (steps, values) in known.items() if len(steps)}
    return found


def heading(column: str) -> str:
    """The name of a column, and its unit if it is that of a diagnostic."""
    known = {it.column: it for it in DIAGNOSTICS}
    if column not in known:
        return column
    name = known[column].label.partition(":")[0]
    return f"{name} ({known[column].unit})" if known[column].unit else name


def parts(end: float, count: int = POINTS) -> np.ndarray:
    """Where the parts of a run end, which are equally long: steps `[G]`."""
    return np.linspace(0, end, count + 1)[1:]


def averaged(steps: np.ndarray, values: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The mean of the values in each part of a run, `[G]`.

    A part without any has that of the part before, between the first and the last value; NaN elsewhere.
    """
    place = np.searchsorted(ends, steps)  # the end belongs to a part
    count, total = np.bincount(place, minlength=len(ends)), np.bincount(place, values, minlength=len(ends))
    known = np.flatnonzero(count)
    latest = known[np.maximum(np.searchsorted(known, np.arange(len(ends)), side="right") - 1, 0)]
    inside = (np.arange(len(ends)) >= known[0]) & (np.arange(len(ends)) <= known[-1])
    return np.where(inside, total[latest] / count[latest], np.nan)


def is_logarithmic(values: np.ndarray) -> bool:
    """Whether values, some of which may be NaN, need a logarithmic axis."""
    known = values[np.isfinite(values)]
    return bool(len(known)) and bool(known.min() > 0) and bool(known.max() > LOGARITHMIC * known.min())
