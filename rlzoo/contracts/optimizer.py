"""The optimizer slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from rlzoo.contracts.explanation import Explanation
from rlzoo.contracts.state import Part

if TYPE_CHECKING:
    from rlzoo.lanes.clock import Clock
    from rlzoo.lanes.params import Params


class Optimizer(Part, ABC):
    """How gradients change the parameters, elementwise."""

    @abstractmethod
    def start(self, params: Params) -> None:
        """Receive the parameters: one leaf `[L, P]`, all of a lane's parameters in a row padded with zeros."""

    @abstractmethod
    def step(self, clock: Clock) -> None:
        """Change the parameters in place by their `.grad`."""

    def explain(self, clock: Clock) -> Explanation:
        """Say what `step` has just done, see `Explanation`."""
        return Explanation()
