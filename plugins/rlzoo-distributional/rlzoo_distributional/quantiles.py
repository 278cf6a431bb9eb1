"""Quantile regression: what QR-DQN and IQN share."""

from __future__ import annotations

import torch
from torch import Tensor

from rlzoo import td


def midpoints(count: int) -> Tensor:
    """The middles of `count` equal parts of [0, 1]: the best places to sum up a distribution by its quantiles."""
    return (torch.arange(count) + 0.5) / count


def quantile_huber(predicted: Tensor, fractions: Tensor, goal: Tensor, kappa: float) -> tuple[Tensor, Tensor]:
    """The quantile Huber loss, and the mean absolute difference, both `[...]` (Dabney et al., 2018, eq. 10).

    `predicted` are the quantiles at `fractions`, both `[..., N]`; `goal` are samples of the target, `[..., M]`. The
    loss is summed over the quantiles and averaged over the samples.
    """
    difference = goal.unsqueeze(-2) - predicted.unsqueeze(-1)  # [..., N, M]
    slope = (fractions.unsqueeze(-1) - (difference.detach() < 0).float()).abs()
    loss = slope * td.huber(difference, kappa) / kappa
    return loss.mean(-1).sum(-1), difference.detach().abs().mean((-2, -1))
