"""State that a part keeps between steps, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

State = Mapping[str, Any]


class Stateful(Protocol):
    """Default state: none. Parts that remember something override both methods."""

    def state(self) -> State:
        """What is needed to go on later: plain arrays, numbers, strings."""
        return {}

    def load_state(self, state: State) -> None:
        """Take back what `state` returned."""
        return
