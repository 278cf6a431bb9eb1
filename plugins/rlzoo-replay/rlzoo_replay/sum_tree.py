"""Numbers and their sums, from which one is found in proportion to its size, in every lane at once."""

from __future__ import annotations

import numpy as np
import torch

WIDTH = 16  # leaves to a block: with 100,000 leaves half and twice as many cost more
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
        self._blocks = np.zeros((lanes * blocks, WIDTH))
        self._sums = np.zeros((lanes, blocks))
        self._first = np.arange(lanes)[:, None] * blocks  # of each lane's blocks
        self.leaves = self._blocks.reshape(lanes, -1)[:, :size]  # [L, size]; to be read only

    def get(self, index: np.ndarray) -> np.ndarray:
        """The leaves at `index`, `[L, B]`."""
        return self._blocks.reshape(-1).take(index + self._first * WIDTH)

    def set(self, index: np.ndarray, value: np.ndarray) -> None:
        """Give the leaves at `index` `[L, B]` their `value` `[L, B]`; of two for one leaf the later holds."""
        at = (index + self._first * WIDTH).ravel()
        self._blocks.reshape(-1)[at] = value.ravel()
        block = at // WIDTH
        self._sums.reshape(-1)[block] = self._blocks.take(block, 0).sum(-1)

    def load(self, leaves: np.ndarray) -> None:
        """Give the first leaves these values, `[L, size or fewer]`."""
        self.leaves[:, : leaves.shape[1]] = leaves
        self._sums[:] = self._blocks.sum(-1).reshape(self._sums.shape)

    def find(self, share: np.ndarray) -> np.ndarray:
        """The leaf at each `share` `[L, B]` in [0, 1] of its lane's total, leaves side by side: `[L, B]` int64.

        A leaf of zero is never found; the total of a lane must be more than that, and finite.
        """
        ends = _cumulative(self._sums)
        mass = _inside(share * ends[:, -1:], ends)
        block = torch.searchsorted(torch.from_numpy(ends), torch.from_numpy(mass), right=True).numpy()
        beyond = np.take_along_axis(ends, block, 1) - mass  # how much of the block lies after the point
        inner = _cumulative(self._blocks.take((block + self._first).ravel(), 0))  # [L * B, WIDTH]
        point = _inside((inner[:, -1:] - beyond.reshape(-1, 1)).clip(0), inner)
        return block * WIDTH + (inner > point).argmax(-1).reshape(block.shape)


def _cumulative(numbers: np.ndarray) -> np.ndarray:
    """Sums of the first numbers of each row; torch takes a third of NumPy's time for that."""
    return torch.from_numpy(numbers).cumsum(-1).numpy()


def _inside(mass: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """`mass` `[..., B]`, but less than the total of its row, where no leaf is; cumulative sums `ends` `[..., W]`."""
    return np.minimum(mass, ends[..., -1:] * BELOW_ONE)
