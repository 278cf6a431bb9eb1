"""The linear layers of all lanes as one batched product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rlzoo.lanes.dense import Dense
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.params import Params


class Linear(LaneLayer):
    """`x @ weight.T + bias` in every lane."""

    fresh = True

    def __init__(self, prefix: str, inputs: int, outputs: int, bias: bool = True) -> None:
        self.weight, self.bias = f"{prefix}weight", f"{prefix}bias" if bias else None
        self.inputs, self.outputs = inputs, outputs

    @property
    def dense(self) -> Sequence[Dense]:
        """Itself."""
        return (Dense(self.weight, self.bias, self.inputs, self.outputs),)

    def features(self, params: Params, x: Tensor) -> Tensor:
        """Its input."""
        return x

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """`[L, B, ..., in]` -> `[L, B, ..., out]`."""
        return linear(x, params[self.weight], None if self.bias is None else params[self.bias])

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and the input."""
        return self(params, x), x

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """Two products; thin ones are left to elementwise operations, as in `linear`."""
        bias = None if self.bias is None else grads[self.bias]
        return linear_backward(saved, params[self.weight], grads[self.weight], bias, gradient, wanted)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Compute `x @ weight.T + bias` in every lane, bit-identical for any number of lanes.

    x `[L, B, ..., in]`, weight `[L, out, in]`, bias `[L, out]` or None -> `[L, B, ..., out]`.
    """
    rows = x if x.dim() == 3 else x.flatten(1, -2)  # [L, rows, in]
    matrix = weight.transpose(1, 2)
    offset = None if bias is None else bias.unsqueeze(1)
    out = _thin(rows, matrix, offset) if 1 in matrix.shape[1:] else _product(rows, matrix, offset)
    return out if x.dim() == 3 else out.view(*x.shape[:-1], -1)


def linear_backward(
    x: Tensor, weight: Tensor, weight_grad: Tensor, bias_grad: Tensor | None, gradient: Tensor, wanted: bool
) -> Tensor | None:
    """Add the gradients of weight and bias, and return that of `x` if wanted; shapes as in `linear`."""
    rows = x if x.dim() == 3 else x.flatten(1, -2)
    slope = gradient if x.dim() == 3 else gradient.flatten(1, -2)  # [L, rows, out]
    _add_product(weight_grad, slope.transpose(1, 2), rows)
    if bias_grad is not None:
        bias_grad.add_(slope.sum(1))
    if not wanted:
        return None
    back = torch.bmm(slope, weight) if 1 not in weight.shape[1:] else _thin(slope, weight, None)
    return back if x.dim() == 3 else back.view(x.shape)


def _product(rows: Tensor, matrix: Tensor, offset: Tensor | None) -> Tensor:
    return torch.bmm(rows, matrix) if offset is None else torch.baddbmm(offset, rows, matrix)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add `left @ right` to `total` `[L, out, in]` in place, whichever way `total` is laid out in memory."""
    if total.stride(2) == 1:
        torch.baddbmm(total, left, right, out=total)
    else:
        transposed = total.transpose(1, 2)
        torch.baddbmm(transposed, right.transpose(1, 2), left.transpose(1, 2), out=transposed)


def _thin(rows: Tensor, matrix: Tensor, offset: Tensor | None) -> Tensor:
    """Products with a dimension of size 1, for which `bmm` uses another kernel when there is a single lane."""
    narrow_in = matrix.shape[1] == 1
    out = rows * matrix if narrow_in else (rows * matrix.transpose(1, 2)).sum(-1, keepdim=True)
    return out if offset is None else out + offset
