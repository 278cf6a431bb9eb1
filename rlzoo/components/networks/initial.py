"""Initial weights."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from torch import nn

from rlzoo.contracts import Meta
from rlzoo.lanes.convolution import SparseConvReLU

InitialWeights = Annotated[
    Literal["uniform", "orthogonal"],
    Meta(description="initial weights: PyTorch's default, or orthogonal times sqrt(2) with biases of 0"),
]


def initialize(module: nn.Module, init: Literal["uniform", "orthogonal"]) -> nn.Module:
    """The module itself, whose linear layers and convolutions have these initial weights (Saxe et al., 2014)."""
    return module.apply(_orthogonal) if init == "orthogonal" else module


def _orthogonal(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear | nn.Conv2d | SparseConvReLU):
        nn.init.orthogonal_(layer.weight, math.sqrt(2))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
