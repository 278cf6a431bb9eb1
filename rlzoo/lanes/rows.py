"""The parameters of each lane in one row, so that elementwise operations are one call for all lanes.

Vector instructions treat the last few elements of an array differently from the rest (a multiply-add may round once
instead of twice). Rows are padded with zeros to whole vectors, so that a lane's bits do not depend on the number of
lanes.
"""

from __future__ import annotations

from itertools import accumulate

import torch
from torch import Tensor

from rlzoo.lanes.params import Params

VECTOR = 64  # float32 elements: four 512-bit vectors, since loops are unrolled
WIDE = 16
"""The number of outputs from which the matrix of a linear layer is kept as `[in, out]`: products are then faster."""


def pack(leaves: Params) -> Tensor:
    """Concatenate tensors `[L, ...]` of one dtype into rows `[L, P]`; each tensor starts at a multiple of `VECTOR`."""
    parts = [_padded(_in_order(leaf.detach()).reshape(len(leaf), -1)) for leaf in leaves.values()]
    return torch.cat(parts, dim=1)


def starts(like: Params) -> dict[str, int]:
    """Where each tensor begins in a row that `pack` made of `like`."""
    sizes = [_padded_size(leaf[0].numel()) for leaf in like.values()]
    return dict(zip(like, accumulate(sizes, initial=0), strict=False))


def views(row: Tensor, like: Params) -> Params:
    """Split `row` `[L, P]` into views with the names and shapes of `like`: the inverse of `pack`."""
    start, leaves = 0, {}
    for name, leaf in like.items():
        size, shape = leaf[0].numel(), _in_order(leaf).shape[1:]
        view = row[:, start : start + size].unflatten(1, shape) if shape else row[:, start]
        leaves[name] = view.transpose(1, 2) if _wide(leaf) else view
        start += _padded_size(size)
    return leaves


def _in_order(leaf: Tensor) -> Tensor:
    """The leaf `[L, ...]` as it lies in memory: wide matrices `[L, out, in]` as `[L, in, out]`."""
    return leaf.transpose(1, 2) if _wide(leaf) else leaf


def _wide(leaf: Tensor) -> bool:
    return leaf.dim() == 3 and leaf.shape[1] >= WIDE


def _padded(flat: Tensor) -> Tensor:
    return torch.nn.functional.pad(flat, (0, _padded_size(flat.shape[1]) - flat.shape[1]))


def _padded_size(size: int) -> int:
    return -(-size // VECTOR) * VECTOR
