"""Quantile regression, used by QR-DQN and IQN."""

from __future__ import annotations

import torch
from torch import Tensor

PAIRS_AT_ONCE = 2**17
"""Half a MiB per intermediate array of the loss, so that the arrays stay in the cache."""


def midpoints(count: int) -> Tensor:
    """The midpoints of `count` equal intervals of [0, 1], which minimize the 1-Wasserstein error of the quantiles."""
    return (torch.arange(count) + 0.5) / count


def quantile_huber(predicted: Tensor, fractions: Tensor, goal: Tensor, kappa: float) -> tuple[Tensor, Tensor]:
    """The quantile Huber loss and the mean absolute difference, both `[...]` (Dabney et al., 2018, eq. 10).

    `predicted` are the quantiles at `fractions`, both `[..., N]`; `goal` are samples of the target, `[..., M]`. The
    loss is summed over the quantiles and averaged over the samples. Only `predicted` receives a gradient.
    """
    detached = predicted.detach()
    loss, absolute, slope = _over_pairs(detached, fractions, goal.detach(), kappa)
    # The added term is zero. Its gradient is that of the loss in closed form, so autograd need not store all pairs.
    return loss + (slope * (predicted - detached)).sum(-1), absolute


def _over_pairs(predicted: Tensor, fractions: Tensor, goal: Tensor, kappa: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return the loss `[...]`, the mean absolute difference `[...]` and the loss's derivatives `[..., N]`.

    The weight of a pair is `fraction` where the goal is above the prediction and `1 - fraction` elsewhere. It does not
    depend on the sample otherwise, so sums over samples come first.
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
    """Sums over samples, `[5, R, N]`, from `predicted` `[R, N]` and `goal` `[R, M]`.

    They are the Huber loss and its derivative over the samples above the prediction, the same over all samples, and
    the absolute difference.
    """
    difference = goal.unsqueeze(-2) - predicted.unsqueeze(-1)  # [R, N, M]
    absolute = difference.abs().sum(-1)
    clipped = difference.clamp(-kappa, kappa)
    rest = difference.sub_(clipped, alpha=0.5)  # the Huber loss is clipped * rest
    loss, slope = (clipped * rest).sum(-1), clipped.sum(-1)
    above = clipped.relu_()
    return torch.stack([(above * rest).sum(-1), above.sum(-1), loss, slope, absolute])
