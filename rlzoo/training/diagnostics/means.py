"""Means of numbers that come in one by one, for each lane."""

from __future__ import annotations

import numpy as np

from rlzoo.contracts import State


class Means:
    """The mean of what was added under each name since the last `take`, `[L]`."""

    def __init__(self) -> None:
        self._sums: dict[str, np.ndarray] = {}  # float64 [L]
        self._counts: dict[str, int] = {}

    def add(self, name: str, values: np.ndarray) -> None:
        """Add a number for each lane, `[L]`."""
        self._sums[name] = self._sums.get(name, 0.0) + values
        self._counts[name] = self._counts.get(name, 0) + 1

    def take(self) -> dict[str, np.ndarray]:
        """The means of all names, which are forgotten."""
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means

    def state(self) -> State:
        """What was added since the last `take`."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state(self, state: State) -> None:
        """Restore it."""
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])
