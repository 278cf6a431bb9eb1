"""How much of the replay has been learned from."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import Buffer, State
from rlzoo.lanes.clock import Clock

AT_ONCE = 256
"""Batches that are marked together: marks are far apart in memory, which is slow unless it is in the caches."""


class Coverage:
    """The share of the transitions held that have been sampled at least once (Schaul et al., 2016).

    The step at which a place was last sampled is kept for each of them: if the transition there is younger, it has
    never been. Datasets and rollouts, which are learned from as a whole, have no coverage.
    """

    def __init__(self, buffer: Buffer, clock: Clock, lanes: int) -> None:
        self._buffer, self._clock = buffer, clock
        self._known = not buffer.offline and not buffer.rollouts
        self._sampled = torch.full((lanes, 0), -1)  # [L, places] steps
        self._unmarked: list[tuple[int, Tensor]] = []  # steps, with places [L, B], of the latest batches

    def add(self, index: Tensor) -> None:
        """Note the places `[L, B]` of a batch that has just been sampled."""
        if self._known:
            self._unmarked.append((self._clock.steps, index.clone()))
            if len(self._unmarked) == AT_ONCE:
                self._mark()

    def _mark(self) -> None:
        """Mark the places of the latest batches, in order."""
        self._make_room()
        for steps, index in self._unmarked:
            self._sampled.scatter_(1, index, steps)
        self._unmarked.clear()

    def value(self) -> np.ndarray:
        """The share, `[L]`, or NaN."""
        covered = self._covered()
        share: np.ndarray = covered.mean(-1) if covered.size else np.full(len(covered), np.nan)
        return share

    def _covered(self) -> np.ndarray:
        """Whether the transition at each place has been sampled, `[L, places]`; no places if that is not known."""
        self._mark()
        places = torch.arange(len(self._buffer) if self._known else 0)
        age = self._buffer.age(places.expand(len(self._sampled), -1))
        if age is None:
            return np.zeros((len(self._sampled), 0), np.bool_)
        covered: np.ndarray = (self._sampled[:, : len(places)] >= self._clock.steps - age).numpy()
        return covered

    def _make_room(self) -> None:
        """Twice as much as is needed, so that it is rarely needed."""
        (lanes, places), held = self._sampled.shape, len(self._buffer)
        if self._known and held > places:
            self._sampled = torch.cat([self._sampled, torch.full((lanes, 2 * held - places), -1)], 1)

    def state(self) -> State:
        """Which of the transitions held have been sampled."""
        return {"covered": self._covered()}

    def load_state(self, state: State) -> None:
        """Restore it, after the buffer and the clock."""
        self._unmarked.clear()
        covered = torch.from_numpy(state["covered"])
        self._sampled = torch.where(covered, self._clock.steps, -1)
