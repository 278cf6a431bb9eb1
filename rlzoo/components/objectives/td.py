"""The arithmetic of temporal differences, a line or two each. Leading dimensions `...` are free (`L, B`)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def select(q: Tensor, action: Tensor) -> Tensor:
    """The value of the chosen action: q `[..., A]`, action `[...]` -> `[...]`."""
    return q.gather(-1, action.unsqueeze(-1)).squeeze(-1)


def target(reward: Tensor, terminated: Tensor | None, discount: Tensor, next_value: Tensor) -> Tensor:
    """`r + discount * V(s')`, without `V(s')` where the episode terminated (Sutton & Barto, 2018, 6.1). All `[...]`.

    A truncated episode is not terminated: its value goes on. With `terminated=None` nothing is masked.
    """
    ahead = discount * next_value
    return reward + (ahead if terminated is None else ahead.masked_fill(terminated, 0.0))


def mse(error: Tensor) -> Tensor:
    """`e^2`."""
    return error.square()


def half_mse(error: Tensor) -> Tensor:
    """`e^2 / 2`, whose gradient is the error itself."""
    return 0.5 * error.square()


def huber(error: Tensor, delta: float) -> Tensor:
    """`e^2 / 2` up to `delta`, then linear: the gradient is clipped to `delta`, not the error (Huber, 1964)."""
    return functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=delta)
