"""Returns from each step of a sequence, bootstrapped within it. All tensors are `[L, B, T]`."""

from __future__ import annotations

import torch
from torch import Tensor


def n_step_returns(reward: Tensor, discount: Tensor, ended: Tensor, value: Tensor, n: int) -> Tensor:
    """The discounted sum of `n` rewards and the value after them, from each step.

    It stops earlier where the episode has `ended`, and at the end of the sequence. `value` is that of each step's next
    observation, 0 if that is terminal.
    """
    found = reward + discount * value
    for _ in range(n - 1):
        later = torch.cat([found[..., 1:], value[..., -1:]], -1)
        found = reward + discount * torch.where(ended, value, later)
    return found
