"""The network slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rlzoo.contracts.spec import BuildSpec

if TYPE_CHECKING:
    from torch import nn


class QNetwork(Protocol):
    """A network component: builds an ordinary `torch.nn.Module` written for one lane."""

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]` where `spec.outputs` is more than 1."""
        ...
