"""Observations stored whole: the one before and the one after each transition."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from rlzoo.components.buffers.rows import Rows
from rlzoo.contracts import BuildSpec, State, Transition
from rlzoo.contracts.spaces import observation_layout


class Whole:
    """Both observations of every transition that a ring of `capacity` places holds, in each lane."""

    def __init__(self, spec: BuildSpec, capacity: int) -> None:
        shape, dtype = observation_layout(spec.observation_space)
        self._views = {
            name: np.empty((spec.lanes, capacity, *shape), dtype) for name in ("observation", "next_observation")
        }
        self._rows = {name: Rows(view) for name, view in self._views.items()}

    @property
    def float32(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Observations and next observations as vectors, `[L, capacity, F]`; None if they are not float32."""
        before, after = (view.reshape(*view.shape[:2], -1) for view in self._views.values())
        return (before, after) if before.dtype == np.float32 else None

    def add(self, transition: Transition, slots: slice | np.ndarray, added: int) -> None:
        """Store those of one vector step at `slots` of the ring."""
        for name, view in self._views.items():
            view[:, slots] = getattr(transition, name)

    def read(self, first: Tensor, last: Tensor, added: int) -> tuple[Tensor, Tensor]:
        """Observations of the transitions at `first`, and next ones of those at `last`; see `Ring.gather`."""
        return self._rows["observation"].at(first), self._rows["next_observation"].at(last)

    @property
    def by_number(self) -> dict[str, np.ndarray]:
        """The arrays `[L, capacity, ...]` in which those of transition number n lie at n modulo the capacity."""
        return self._views

    def state(self, added: int) -> State:
        """Nothing further."""
        return {}

    def load_state(self, state: State) -> None:
        """Restore it."""
