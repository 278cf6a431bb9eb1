"""A sum tree: sampling leaves in proportion to their value, for all lanes at once."""

from __future__ import annotations

import numpy as np
import torch

WIDTH = 16  # leaves per block; with 100,000 leaves, 8 and 32 are slower
BELOW_ONE = float(np.nextafter(1.0, 0.0))


class SumTree:
    """A sum tree (Schaul et al., 2016) over `size` leaves in each of `lanes` lanes.

    The tree has two levels, leaves and block sums: a few operations on whole rows are faster than the 17 levels of a
    binary tree of 100,000 leaves. A block is always summed from its leaves instead of adding a difference, so that
    rounding errors do not accumulate and the sums depend only on the leaves.

    Leaves are non-negative float64, initially zero.
    """

    def __init__(self, lanes: int, size: int) -> None:
        blocks = -(-size // WIDTH)
        self._blocks = np.zeros((lanes * blocks, WIDTH))
        self._sums = np.zeros((lanes, blocks))
        self._first = np.arange(lanes)[:, None] * blocks  # [L, 1] index of each lane's first block
        self.leaves = self._blocks.reshape(lanes, -1)[:, :size]  # [L, size]; read-only for callers

    def get(self, index: np.ndarray) -> np.ndarray:
        """The values of the leaves at `index`, both `[L, B]`."""
        return self._blocks.reshape(-1).take(index + self._first * WIDTH)

    def set(self, index: np.ndarray, value: np.ndarray) -> None:
        """Set the leaves at `index` `[L, B]` to `value` `[L, B]`; for a repeated index the last value wins."""
        at = (index + self._first * WIDTH).ravel()
        self._blocks.reshape(-1)[at] = value.ravel()
        block = at // WIDTH
        self._sums.reshape(-1)[block] = self._blocks.take(block, 0).sum(-1)

    def load(self, leaves: np.ndarray) -> None:
        """Set the first leaves to these values, `[L, size or fewer]`."""
        self.leaves[:, : leaves.shape[1]] = leaves
        self._sums[:] = self._blocks.sum(-1).reshape(self._sums.shape)

    def find(self, fraction: np.ndarray) -> np.ndarray:
        """The leaf in which each `fraction` `[L, B]`, in [0, 1], of the lane's total falls: `[L, B]` int64.

        A leaf of value zero is never returned. The total of every lane must be positive and finite.
        """
        ends = _cumulative(self._sums)
        mass = _below_total(fraction * ends[:, -1:], ends)
        block = torch.searchsorted(torch.from_numpy(ends), torch.from_numpy(mass), right=True).numpy()
        beyond = np.take_along_axis(ends, block, 1) - mass  # the part of the block's sum after the point
        inner = _cumulative(self._blocks.take((block + self._first).ravel(), 0))  # [L * B, WIDTH]
        point = _below_total((inner[:, -1:] - beyond.reshape(-1, 1)).clip(0), inner)
        return block * WIDTH + (inner > point).argmax(-1).reshape(block.shape)


def _cumulative(numbers: np.ndarray) -> np.ndarray:
    """Cumulative sums of each row; torch takes a third of NumPy's time."""
    return torch.from_numpy(numbers).cumsum(-1).numpy()


def _below_total(mass: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """`mass` `[..., B]`, clipped to less than its row's total, where the last leaf ends; `ends` `[..., W]` are sums."""
    return np.minimum(mass, ends[..., -1:] * BELOW_ONE)
