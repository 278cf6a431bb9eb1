"""Quantile regression: what QR-DQN and IQN share."""

from __future__ import annotations

import torch
from torch import Tensor

PAIRS_AT_ONCE = 2**17
"""Half a MiB for each step of the loss, so that what one step writes is still in the cache for the next."""


def midpoints(count: int) -> Tensor:
    """The middles of `count` equal parts of [0, 1]: the best places to sum up a distribution by its quantiles."""
    return (torch.arange(count) + 0.5) / count


def quantile_huber(predicted: Tensor, fractions: Tensor, goal: Tensor, kappa: float) -> tuple[Tensor, Tensor]:
    """The quantile Huber loss, and the mean absolute difference, both `[...]` (Dabney et al., 2018, eq. 10).

    `predicted` are the quantiles at `fractions`, both `[..., N]`; `goal` are samples of the target, `[..., M]`. The
    loss is summed over the quantiles and averaged over the samples. Only `predicted` gets a gradient.
    """
    still = predicted.detach()
    loss, absolute, slope = _over_pairs(still, fractions, goal.detach(), kappa)
    # The gradient is known in closed form, so autograd need not keep and walk through all pairs; what is added is zero.
    return loss + (slope * (predicted - still)).sum(-1), absolute


def _over_pairs(predicted: Tensor, fractions: Tensor, goal: Tensor, kappa: float) -> tuple[Tensor, Tensor, Tensor]:
    """`(loss [...], mean absolute difference [...], the loss's derivative by each prediction [..., N])`.

    A pair counts for `fraction` where the goal is above the prediction, else for `1 - fraction`, whatever the sample;
    so sums over samples come first.
    """
    shape, samples = predicted.shape, goal.shape[-1]
    rows, goals = predicted.reshape(-1, shape[-1]), goal.reshape(-1, samples)
    at_once = max(1, PAIRS_AT_ONCE // (shape[-1] * samples))
    blocks = zip(rows.split(at_once), goals.split(at_once), strict=True)
    means = torch.cat([_sums(*block, kappa) for block in blocks], 1).view(5, *shape) / samples
    above, everywhere, absolute = means[0:2], means[2:4], means[4]
    loss, slope = (fractions * above + (1 - fractions) * (everywhere - above)) / kappa
    return loss.sum(-1), absolute.mean(-1), -slope


def _sums(predicted: Tensor, goal: Tensor, kappa: float) -> Tensor:
    """Over all samples: Huber's loss and its derivative, of those above, and of all; absolute differences. `[5, R, N]`.

    predicted is `[R, N]`, goal `[R, M]`.
    """
    difference = goal.unsqueeze(-2) - predicted.unsqueeze(-1)  # [R, N, M]
    absolute = difference.abs().sum(-1)
    clipped = difference.clamp(-kappa, kappa)
    rest = difference.sub_(clipped, alpha=0.5)  # Huber's loss is clipped * rest
    loss, slope = (clipped * rest).sum(-1), clipped.sum(-1)
    above = clipped.relu_()
    return torch.stack([(above * rest).sum(-1), above.sum(-1), loss, slope, absolute])
