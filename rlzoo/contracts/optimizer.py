"""The optimizer slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rlzoo.contracts.explanation import Explanation
from rlzoo.contracts.state import Part

if TYPE_CHECKING:
    from torch import Tensor

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

    def moments(self) -> Sequence[Tensor]:
        """What is kept for each parameter, such as running averages of gradients: the tensors `[L, P]` themselves."""
        return ()

    def explain(self, clock: Clock) -> Explanation:
        """Say what `step` has just done, see `Explanation`."""
        return Explanation()
