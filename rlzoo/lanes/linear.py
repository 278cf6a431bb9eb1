"""The linear layers of all lanes as one batched product."""

from __future__ import annotations

import torch
from torch import Tensor


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Compute `x @ weight.T + bias` in every lane, bit-identical for any number of lanes.

    x `[L, B, ..., in]`, weight `[L, out, in]`, bias `[L, out]` or None -> `[L, B, ..., out]`.
    """
    rows = x if x.dim() == 3 else x.flatten(1, -2)  # [L, rows, in]
    matrix = weight.transpose(1, 2)
    offset = None if bias is None else bias.unsqueeze(1)
    out = _thin(rows, matrix, offset) if 1 in matrix.shape[1:] else _product(rows, matrix, offset)
    return out if x.dim() == 3 else out.view(*x.shape[:-1], -1)


def _product(rows: Tensor, matrix: Tensor, offset: Tensor | None) -> Tensor:
    return torch.bmm(rows, matrix) if offset is None else torch.baddbmm(offset, rows, matrix)


def _thin(rows: Tensor, matrix: Tensor, offset: Tensor | None) -> Tensor:
    """Products with a dimension of size 1, for which `bmm` uses another kernel when there is a single lane."""
    narrow_in = matrix.shape[1] == 1
    out = rows * matrix if narrow_in else (rows * matrix.transpose(1, 2)).sum(-1, keepdim=True)
    return out if offset is None else out + offset
