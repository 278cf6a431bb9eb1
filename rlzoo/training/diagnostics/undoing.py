"""Looking at a batch with an objective as if it had not been looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rlzoo.contracts import Objective, State
from rlzoo.lanes.rng import LaneRng

Position = tuple[State, Any]


class Undoing:
    """Puts an objective and its random stream back to where they were."""

    def __init__(self, objective: Objective, rng: LaneRng) -> None:
        self._objective, self._rng = objective, rng

    def position(self) -> Position:
        """Where they are now."""
        return self._objective.state(), self._rng.position()

    @contextmanager
    def undone(self, begin: Position | None = None) -> Iterator[None]:
        """Undo what the objective does inside; with `begin`, it starts there and draws the same numbers again."""
        end = self.position()
        self._return_to(begin or end)
        try:
            yield
        finally:
            self._return_to(end)

    def _return_to(self, position: Position) -> None:
        state, place = position
        self._objective.load_state(state)
        self._rng.return_to(place)
