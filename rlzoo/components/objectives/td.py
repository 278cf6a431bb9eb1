"""The arithmetic of temporal differences, a line or two each. Leading dimensions `...` are free (`L, B`)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rlzoo.lanes.settings import Setting, beside


def select(q: Tensor, action: Tensor) -> Tensor:
    """The value of the chosen action: q `[..., A]`, action `[...]` -> `[...]`."""
    return q.gather(-1, action.unsqueeze(-1)).squeeze(-1)


def spread(values: Tensor, action: Tensor, like: Tensor) -> Tensor:
    """The opposite of `select`: values and actions `[...]` -> `[..., A]` like another tensor, 0 for other actions."""
    return torch.zeros_like(like).scatter_(-1, action.unsqueeze(-1), values.unsqueeze(-1))


def allowed(q: Tensor, mask: Tensor | None) -> Tensor:
    """Q with -inf for the actions that `mask` `[..., A]` forbids: `[..., A]`. Nothing is forbidden without a mask."""
    return q if mask is None else q.masked_fill(~mask, -float("inf"))


def target(reward: Tensor, terminated: Tensor, discount: Tensor, next_value: Tensor) -> Tensor:
    """`r + discount * V(s')`, without `V(s')` where the episode terminated (Sutton & Barto, 2018, 6.1). All `[...]`.

    A truncated episode is not terminated: its last observation still has a value.
    """
    return reward + (discount * next_value).masked_fill(terminated, 0.0)


def n_step_return(reward: Tensor, ended: Tensor, valid: Tensor, discounts: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """The discounted sum of up to `n` rewards of a sequence, and how many steps it spans, both `[...]`.

    All tensors are `[..., T]` with `T >= n`; `discounts` are the powers of gamma. The sum stops at the end of the
    episode, or where steps are not valid.
    """
    total, steps = torch.zeros_like(reward[..., 0]), torch.zeros_like(valid[..., 0], dtype=torch.int64)
    continues = torch.ones_like(valid[..., 0])
    for step in range(n):
        continues = continues & valid[..., step]
        total = total + torch.where(continues, discounts[..., step] * reward[..., step], 0.0)
        steps = steps + continues
        continues = continues & ~ended[..., step]
    return total, steps


def mse(error: Tensor) -> Tensor:
    """`e^2`."""
    return error.square()


def half_mse(error: Tensor) -> Tensor:
    """`e^2 / 2`, whose gradient is the error itself."""
    return 0.5 * error.square()


def clipped(error: Tensor, delta: Setting) -> Tensor:
    """The derivative of `huber`: the error between `-delta` and `delta`."""
    limit = beside(delta, error)
    return error.clamp(-limit, limit)  # type: ignore[arg-type]  # two numbers or two tensors


def huber(error: Tensor, delta: Setting) -> Tensor:
    """`e^2 / 2` up to `delta`, then linear: the gradient is clipped to `delta`, not the error (Huber, 1964).

    With a delta for each lane, `[L, 1]`, the errors are `[L, ...]`.
    """
    if isinstance(delta, np.ndarray):
        return torch.cat([huber(*lane) for lane in zip(error.split(1), np.ravel(delta).tolist(), strict=True)])
    return functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=delta)
