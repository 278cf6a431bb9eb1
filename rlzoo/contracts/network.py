"""The network slot."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from rlzoo.contracts.options import Component
from rlzoo.contracts.spec import BuildSpec

if TYPE_CHECKING:
    from torch import nn


class QNetwork(Component):
    """The options of a network. It builds an ordinary `torch.nn.Module` written for one lane."""

    flattens: ClassVar[bool] = False
    """Whether it takes images as plain vectors, so that rlzoo suggests another network for them."""

    @abstractmethod
    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]` where `spec.outputs` is more than 1.

        A network with *memory* has an attribute `memory_size`, `M` above 0. It takes sequences of observations
        `[B, T, ...]`, its memory before the first of them, float32 `[B, M]`, and which steps begin an episode, bool
        `[B, T]`: before these it sets the memory to zeros. It returns `[B, T, A]` or `[B, T, A, K]`, and its memory
        after each step, `[B, T, M]`.

        Two more attributes are possible. `inputs` names buffers that the objective must set (`Objective.inputs`); other
        objectives are refused. `rates` is a mapping from the names of submodules to factors of their learning rates:
        what the optimizer changes there is multiplied by the factor.
        """
