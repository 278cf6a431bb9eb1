"""Means of numbers that come in one by one, for each lane."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rlzoo.contracts import State


class Means:
    """The mean of what was added under each name since the last `take`, `[L]`."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self._sums: dict[str, np.ndarray] = {}  # float64 [L]
        self._counts: dict[str, np.ndarray] = {}  # int64 [L]

    def add(self, name: str, values: np.ndarray, which: np.ndarray | None = None) -> None:
        """Add numbers `[L, ...]`, or those that `which` `[L, ...]` selects."""
        flat = values.reshape(self.lanes, -1)
        known = np.ones(flat.shape, np.bool_) if which is None else which.reshape(self.lanes, -1)
        empty = np.zeros(self.lanes), np.zeros(self.lanes, np.int64)
        self._sums[name] = self._sums.get(name, empty[0]) + flat.sum(-1, where=known)
        self._counts[name] = self._counts.get(name, empty[1]) + known.sum(-1)

    def take(self) -> Mapping[str, np.ndarray]:
        """The means by name, NaN where nothing was added; forgets everything."""
        with np.errstate(invalid="ignore"):  # 0 / 0
            means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means

    def state(self) -> State:
        """What was added since the last `take`."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state(self, state: State) -> None:
        """Restore it."""
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])
