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
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]` where `spec.outputs` is more than 1."""
