"""Every lane's numbers in one row, so that elementwise work is one call and the same for a lane wherever it stands.

Vector instructions treat the last few numbers of an array otherwise than the rest (they may round a multiply-add once
instead of twice). Rows padded to whole vectors have no such rest: a lane's bits do not depend on how many lanes there
are.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rlzoo.lanes.params import Params

VECTOR = 64  # numbers; four of today's widest vectors, as loops are unrolled


def pack(leaves: Params) -> Tensor:
    """Leaves `[L, ...]` of one number type, side by side in rows `[L, P]`; each begins at a whole vector."""
    parts = [_padded(leaf.detach().reshape(len(leaf), -1)) for leaf in leaves.values()]
    return torch.cat(parts, dim=1)


def views(row: Tensor, like: Params) -> Params:
    """The leaves again, as views of `row` `[L, P]`, in the shapes of `like`."""
    start, leaves = 0, {}
    for name, leaf in like.items():
        size = leaf[0].numel()
        leaves[name] = row[:, start : start + size].unflatten(1, leaf.shape[1:]) if leaf.dim() > 1 else row[:, start]
        start += _whole(size)
    return leaves


def _padded(flat: Tensor) -> Tensor:
    return torch.nn.functional.pad(flat, (0, _whole(flat.shape[1]) - flat.shape[1]))


def _whole(size: int) -> int:
    return -(-size // VECTOR) * VECTOR
