"""Numbers and their sums, from which one is found in proportion to its size, in every lane at once."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

WIDTH = 32  # leaves to a block; with 100,000 leaves twice as many cost more, and half as many no less
BELOW_ONE = float(np.nextafter(1.0, 0.0))


class SumTree:
    """A sum tree (Schaul et al., 2016) over `size` leaves in each of `lanes` lanes.

    It is a wide one of two levels, leaves and the sums of blocks of them: a few operations on whole rows take less time
    than the 17 rounds of a binary tree of 100,000 leaves. A block is always summed up anew, never changed by a
    difference, so that rounding does not build up and sums depend on nothing but the leaves.

    Leaves are float64, not negative, and zero at first.
    """

    def __init__(self, lanes: int, size: int) -> None:
        blocks = -(-size // WIDTH)
        self._blocks = torch.zeros(lanes * blocks, WIDTH, dtype=torch.float64)
        self._sums = torch.zeros(lanes, blocks, dtype=torch.float64)
        self._first = torch.arange(lanes).unsqueeze(1) * blocks  # of each lane's blocks
        self.leaves = self._blocks.view(lanes, -1)[:, :size]  # [L, size]; to be read only

    def set(self, index: Tensor, value: Tensor) -> None:
        """Give the leaves at `index` `[L, B]` their `value` `[L, B]`; of two for one leaf the later holds."""
        at = (index + self._first * WIDTH).flatten()
        # NumPy promises that of equal places the last value stays; torch does not.
        self._blocks.view(-1).numpy()[at.numpy()] = value.numpy().ravel()
        at = at // WIDTH
        self._sums.view(-1).numpy()[at.numpy()] = self._cumulative(at)[:, -1].numpy()

    def load(self, leaves: Tensor) -> None:
        """Give the first leaves these values, `[L, size or fewer]`."""
        self.leaves[:, : leaves.shape[1]] = leaves
        self._sums[:] = self._blocks.cumsum(-1)[:, -1].view_as(self._sums)

    def find(self, share: Tensor) -> Tensor:
        """The leaf at each `share` `[L, B]` in [0, 1] of its lane's total, leaves side by side: `[L, B]` int64.

        A leaf of zero is never found; the total of a lane must be more than that, and finite.
        """
        ends = self._sums.cumsum(-1)  # [L, blocks]
        mass = share * ends[:, -1:]
        block = _search(ends, mass)
        beyond = ends.gather(1, block) - mass  # how much of the block lies after the point
        inner = self._cumulative((block + self._first).flatten())  # [L * B, WIDTH]
        leaf = _search(inner, (inner[:, -1:] - beyond.view(-1, 1)).clamp(min=0))
        return block * WIDTH + leaf.view_as(block)

    def _cumulative(self, block: Tensor) -> Tensor:
        """Sums of the first leaves of these blocks, of all lanes' `[R]`: `[R, WIDTH]`."""
        return self._blocks.index_select(0, block).cumsum(-1)


def _search(ends: Tensor, mass: Tensor) -> Tensor:
    """Which of the numbers with cumulative sums `ends` `[..., W]` each `mass` `[..., B]` falls in."""
    inside = torch.minimum(mass, ends[..., -1:] * BELOW_ONE)  # at the very end there is none
    return torch.searchsorted(ends, inside, right=True)
