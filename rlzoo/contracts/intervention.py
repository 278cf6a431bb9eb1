"""The intervention slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlzoo.contracts.state import Part

if TYPE_CHECKING:
    from torch import Tensor, nn

    from rlzoo.lanes.clock import Clock
    from rlzoo.lanes.params import Params


@dataclass(frozen=True)
class Learning:
    """What an intervention sees of the learner. Tensors are `[L, ...]`, and may be changed in place.

    All `Params` have the trained parameters, under the names of the network's module.
    """

    module: nn.Module
    """The network of one lane, for its structure and `torch.func.functional_call`; its own weights are not in use."""
    online: Params
    """The weights of the online network."""
    target: Params
    """Those of the target network: the same tensors if there is none."""
    moments: Sequence[Params]
    """What the optimizer keeps for each weight, such as the two moments of Adam."""
    observation: Tensor
    """The observations of the last batch, `[L, B, ...]`."""
    initial_weights: Callable[[], Params]
    """Draws the weights of new networks from the random stream of the intervention."""


class Intervention(Part, ABC):
    """What is done to the network between updates, for example so that it stays able to learn."""

    def check(self, module: nn.Module) -> None:
        """Raise OptionError for a network that cannot be handled, the module of one lane; called before training."""

    @abstractmethod
    def due(self, clock: Clock) -> bool:
        """Called once after every update: whether to intervene now."""

    @abstractmethod
    def intervene(self, learning: Learning, clock: Clock) -> None:
        """Change the weights in place, without gradients. Those of frozen lanes are restored afterwards."""
