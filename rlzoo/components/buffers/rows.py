"""Reading rows of a ring in compiled loops: for small batches a call of PyTorch costs more than the reading."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from rlzoo.lanes.jit import jit

WORDS = (np.uint64, np.uint32, np.uint8)
"""Rows are copied in words of the first of these types that fits."""


class Rows:
    """An array `[L, capacity, ...]`, read at places `[L, B]`."""

    def __init__(self, array: np.ndarray) -> None:
        self._shape, self._dtype = array.shape[2:], array.dtype
        flat = array.reshape(*array.shape[:2], -1)
        size = flat.shape[2] * flat.itemsize
        self._words = flat.view(next(word for word in WORDS if size % np.dtype(word).itemsize == 0))

    def at(self, places: Tensor) -> Tensor:
        """`[L, B, ...]`."""
        rows = np.empty((*places.shape, self._words.shape[2]), self._words.dtype)
        _take(self._words, places.numpy(), rows)
        return torch.from_numpy(rows.view(self._dtype).reshape(*places.shape, *self._shape))


@jit
def _take(array: Any, places: Any, rows: Any) -> None:
    for lane in range(len(places)):
        for i in range(places.shape[1]):
            source, row = array[lane, places[lane, i]], rows[lane, i]
            for word in range(len(row)):
                row[word] = source[word]


@jit
def follow(
    places: Any, added: Any, envs: Any, discounts: Any, rewards: Any, terminated: Any, truncated: Any,
    total: Any, last: Any, discount: Any, over: Any, cut: Any,
) -> None:  # fmt: skip
    """Follow each transition through its episode, up to `n` steps or the newest one, writing into the last five.

    `places` `[L, B]` are where the transitions lie, after `added` have been written; `discounts` `[L or 1, n + 1]` are
    the powers of gamma. The last five are `[L, B]`: the discounted sum of rewards, where the last step lies, the
    discount after it, and how it ended. The next step of the same environment lies `envs` places further.
    """
    capacity, most = rewards.shape[1], discounts.shape[1] - 1
    for lane in range(len(places)):
        powers = discounts[lane % len(discounts)]
        for i in range(places.shape[1]):
            here, steps = places[lane, i], 1
            reward, newer = rewards[lane, here], (added - 1 - here) % capacity
            while steps < most and steps * envs <= newer and not (terminated[lane, here] or truncated[lane, here]):
                here = (here + envs) % capacity
                reward += powers[steps] * rewards[lane, here]
                steps += 1
            total[lane, i], last[lane, i], discount[lane, i] = reward, here, powers[steps]
            over[lane, i], cut[lane, i] = terminated[lane, here], truncated[lane, here]
