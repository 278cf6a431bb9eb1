"""Numbers and their sums, from which one is found in proportion to its size, in every lane at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

WIDTH = 16  # children of a node: a row of 128 bytes; two would need four times as many rounds
TOP = 512  # nodes without a parent: so few are summed up faster than gathered from yet another level
BELOW_ONE = float(np.nextafter(1.0, 0.0))


class SumTree:
    """A sum tree (Schaul et al., 2016) over `size` leaves in each of `lanes` lanes, `WIDTH` children to a node.

    A node is always summed up anew from its children, never changed by a difference, so that rounding does not build
    up and the sums depend on nothing but the leaves. Leaves are float64, not negative, and zero at first.
    """

    def __init__(self, lanes: int, size: int) -> None:
        widths = [_whole(size)]
        while widths[-1] > TOP:
            widths.append(_whole(widths[-1] // WIDTH))
        self._levels = [torch.zeros(lanes, width, dtype=torch.float64) for width in widths]  # leaves first
        self._lane = torch.arange(lanes).unsqueeze(1)
        self.leaves = self._levels[0][:, :size]  # [L, size]; change them by `set` and `load` only

    def set(self, index: Tensor, value: Tensor) -> None:
        """Give the leaves at `index` `[L, B]` their `value` `[L, B]`; of two for one leaf the later holds."""
        self._put(self._levels[0], index, value)
        for below, level in pairwise(self._levels):
            index = index // WIDTH
            self._put(level, index, _sums(self._children(below, index)))

    def load(self, leaves: Tensor) -> None:
        """Give the first leaves these values, `[L, size or fewer]`."""
        self._levels[0][:, : leaves.shape[1]] = leaves
        for below, level in pairwise(self._levels):
            sums = _sums(below.unflatten(1, (-1, WIDTH)))
            level[:, : sums.shape[1]] = sums

    def find(self, share: Tensor) -> Tensor:
        """The leaf at each `share` `[L, B]` in [0, 1) of its lane's total, leaves side by side: `[L, B]` int64.

        A leaf of zero is never found; the total of a lane must be more than that, and finite.
        """
        *lower, top = self._levels
        sums = top.cumsum(-1)
        node, rest = _choose(sums, share * sums[:, -1:])
        for level in reversed(lower):
            sums = self._children(level, node).cumsum(-1)
            child, rest = _choose(sums, rest.unsqueeze(-1))
            node, rest = node * WIDTH + child.squeeze(-1), rest.squeeze(-1)
        return node

    def _put(self, level: Tensor, node: Tensor, value: Tensor) -> None:
        """Through NumPy, which promises that the last of equal indices wins."""
        level.numpy()[self._lane.numpy(), node.numpy()] = value.numpy()

    def _children(self, level: Tensor, node: Tensor) -> Tensor:
        """What the nodes have below them, in `level`: `[L, B]` -> `[L, B, WIDTH]`."""
        rows = level.view(-1, WIDTH)
        flat = node + self._lane * (level.shape[1] // WIDTH)
        return rows.index_select(0, flat.flatten()).view(*node.shape, WIDTH)


def _whole(size: int) -> int:
    return -(-size // WIDTH) * WIDTH


def _sums(children: Tensor) -> Tensor:
    """One after the other, so that a node is to the bit where its last child ends for `find`."""
    return children.cumsum(-1)[..., -1]


def _choose(sums: Tensor, mass: Tensor) -> tuple[Tensor, Tensor]:
    """Which of the nodes with cumulative `sums` `[..., W]` each `mass` `[..., B]` falls in, and how far into it."""
    mass = torch.minimum(mass, sums[..., -1:] * BELOW_ONE)  # rounding may have carried it to the end
    node = torch.searchsorted(sums, mass, right=True)
    before = sums.gather(-1, (node - 1).clamp(min=0))
    return node, torch.where(node > 0, mass - before, mass)
