"""What diagnostics found in the course of a run, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rlzoo.contracts.diagnostics import DIAGNOSTICS
from rlzoo.results.run_folder import RunFolder

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
    columns = [it.column for it in DIAGNOSTICS if it.column in table]
    found: dict[int, Found] = {}
    for seed, rows in table.sort_values("step", kind="stable").groupby("seed"):
        known = {column: rows[["step", column]].dropna().to_numpy(float).T for column in columns}
        found[int(str(seed))] = {column: (steps, values) for column, (steps, values) in known.items() if len(steps)}
    return found


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
