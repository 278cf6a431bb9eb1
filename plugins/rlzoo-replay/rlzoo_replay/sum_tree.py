"""A sum tree: sampling leaves in proportion to their value, for all lanes at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rlzoo.lanes.jit import jit

WIDTH = 4  # children of a node; 2, 8 and 16 are slower
BELOW_ONE = float(np.nextafter(1.0, 0.0))


class SumTree:
    """A sum tree (Schaul et al., 2016) over `size` leaves in each of `lanes` lanes.

    Every node has `WIDTH` children, so that 100,000 leaves need nine levels instead of the 17 of a binary tree. A node
    is always summed from its children, in order, instead of adding a difference, so that rounding errors do not
    accumulate and the sums depend only on the leaves.

    Leaves are non-negative float64, initially zero.
    """

    def __init__(self, lanes: int, size: int) -> None:
        self._first = _level_starts(size)
        self._nodes = np.zeros((lanes, self._first[-1] + WIDTH))  # per lane: the leaves, their sums, ..., the root
        self._lane_start = np.arange(lanes)[:, None] * self._nodes.shape[1]  # [L, 1]
        self.leaves = self._nodes[:, :size]  # [L, size]; read-only for callers

    def get(self, index: np.ndarray) -> np.ndarray:
        """The values of the leaves at `index`, both `[L, B]`."""
        return self._nodes.reshape(-1).take(index + self._lane_start)

    @property
    def totals(self) -> np.ndarray:
        """The sum of all leaves, `[L, 1]`."""
        return self._nodes[:, self._first[-1] : self._first[-1] + 1]

    def set(self, index: np.ndarray, value: np.ndarray) -> None:
        """Set the leaves at `index` `[L, B]` to `value` `[L, B]`; for a repeated index the last value wins."""
        set_leaves(self._nodes, self._first, np.ascontiguousarray(index), np.ascontiguousarray(value))

    def load(self, leaves: np.ndarray) -> None:
        """Set the first leaves to these values, `[L, size or fewer]`."""
        self.leaves[:, : leaves.shape[1]] = leaves
        for below, level in pairwise(self._first):
            children = self._nodes[:, below:level].reshape(len(leaves), -1, WIDTH)
            self._nodes[:, level : level + children.shape[1]] = children.cumsum(-1)[..., -1]

    def find(self, fraction: np.ndarray) -> np.ndarray:
        """The leaf in which each `fraction` `[L, B]`, in [0, 1], of the lane's total falls: `[L, B]` int64.

        A leaf of value zero is never returned. The total of every lane must be positive and finite.
        """
        return find_leaves(self._nodes, self._first, np.ascontiguousarray(fraction))


def _level_starts(size: int) -> np.ndarray:
    """Where each level of a lane's nodes starts, from the leaves to the root; all are padded to whole nodes."""
    starts, count = [0], size
    while count > 1:
        count = -(-count // WIDTH)
        starts.append(starts[-1] + count * WIDTH)
    return np.array(starts)


@jit
def find_leaves(nodes: np.ndarray, first: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Descend from the root, one level at a time for all samples of a lane: processors overlap independent reads.

    Comparisons become numbers, because processors cannot predict branches here, and twice the time is lost if they try.
    """
    lanes, size = fraction.shape
    found = np.zeros((lanes, size), np.int64)
    for lane in range(lanes):
        row, place = nodes[lane], found[lane]
        point = fraction[lane] * row[first[-1]]
        for level in range(len(first) - 2, -1, -1):
            for i in range(size):
                start = first[level] + place[i] * WIDTH
                below = row[first[level + 1] + place[i]] * BELOW_ONE  # less than the total, where the last child ends
                target = point[i] if point[i] < below else below
                child, begin, end = 0.0, 0.0, 0.0
                for j in range(WIDTH - 1):
                    end += row[start + j]
                    beyond = np.float64(np.int64(end <= target))
                    child += beyond
                    begin += beyond * row[start + j]
                place[i] = place[i] * WIDTH + np.int64(child)
                point[i] = target - begin
    return found


@jit
def set_leaves(nodes: np.ndarray, first: np.ndarray, index: np.ndarray, value: np.ndarray) -> None:
    """Write the leaves, and sum the nodes above them, level by level; neighbors share a node, often the last one."""
    lanes, size = index.shape
    for lane in range(lanes):
        row, node = nodes[lane], index[lane].copy()
        for i in range(size):
            row[node[i]] = value[lane, i]
        for level in range(1, len(first)):
            last = -1
            for i in range(size):
                node[i] //= WIDTH
                if node[i] != last:
                    last = node[i]
                    start, total = first[level - 1] + last * WIDTH, 0.0
                    for j in range(WIDTH):
                        total += row[start + j]
                    row[first[level] + last] = total
