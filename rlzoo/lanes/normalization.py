"""Layer normalization of all lanes in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlzoo.lanes.dense import Dense
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.params import Params


class LayerNorm(LaneLayer):
    """`(x - mean) / sqrt(variance + eps) * weight + bias` over the last dimension, in every lane (Ba et al., 2016).

    PyTorch normalizes one row of numbers after another, so the result does not depend on how many rows there are.
    Weight and bias, which differ from lane to lane, are applied afterwards.
    """

    fresh = True

    def __init__(self, module: nn.LayerNorm, prefix: str) -> None:
        self.shape, self.eps = module.normalized_shape, module.eps
        self.weight, self.bias = f"{prefix}weight", f"{prefix}bias"

    @property
    def dense(self) -> Sequence[Dense]:
        """Itself."""
        size = self.shape[0]
        return (Dense(self.weight, self.bias, size, size, eps=self.eps),)

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """`[L, B, ..., F]` -> the same."""
        return self._scaled(params, functional.layer_norm(x, self.shape, None, None, self.eps))

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and the input with its normalized form, means and deviations."""
        normal, mean, rstd = torch.native_layer_norm(x, self.shape, None, None, self.eps)
        return self._scaled(params, normal), (x, normal, mean, rstd)

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """Sums over the batch for weight and bias; the normalization itself is PyTorch's."""
        x, normal, mean, rstd = saved
        grads[self.weight].add_((gradient * normal).flatten(1, -2).sum(1))
        grads[self.bias].add_(gradient.flatten(1, -2).sum(1))
        if not wanted:
            return None
        slope = gradient * _beside(params[self.weight], gradient)
        found = torch.ops.aten.native_layer_norm_backward(
            slope, x, self.shape, mean, rstd, None, None, [True, False, False]
        )
        return found[0]

    def _scaled(self, params: Params, normal: Tensor) -> Tensor:
        return normal * _beside(params[self.weight], normal) + _beside(params[self.bias], normal)


def _beside(leaf: Tensor, values: Tensor) -> Tensor:
    """A leaf `[L, F]` in a form that broadcasts against `[L, ..., F]`."""
    return leaf.view(len(leaf), *[1] * (values.dim() - 2), -1)
