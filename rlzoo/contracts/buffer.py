"""The buffer slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rlzoo.contracts.state import Stateful
from rlzoo.contracts.transition import Batch, Transition

if TYPE_CHECKING:
    from torch import Tensor


class Buffer(Stateful, Protocol):
    """Transitions of `L` lanes, and which of them to learn from."""

    def add(self, transition: Transition) -> None:
        """Take one vector step: `N` transitions in each lane."""
        ...

    def sample(self, size: int | None) -> Batch:
        """Up to `size` transitions per lane, every lane from its own stream."""
        ...

    def feedback(self, index: Tensor, td_error: Tensor) -> None:
        """Hear how wrong the sampled predictions were: both `[L, B]`. Called after every update."""
        return

    def __len__(self) -> int:
        """Transitions held per lane."""
        ...
