"""Quantile regression, used by QR-DQN and IQN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import PER_LANE, Chart, Component, Explanation, Meta
from rlzoo_distributional import kernels
from rlzoo_distributional.soft_policy import ALPHA, CLIP, TEMPERATURE, SoftPolicy


@dataclass(frozen=True)
class QuantileRegression(Component):
    """The options of both objectives."""

    gamma: Annotated[float, Meta(ge=0, le=1, description="discount per step"), PER_LANE] = 0.99
    kappa: Annotated[float, Meta(gt=0, description="error above which the Huber loss is linear")] = 1.0
    policy: Annotated[
        Literal["greedy", "munchausen"],
        Meta(description="policy of the target; munchausen: softmax, with its log-policy added to the reward"),
    ] = "greedy"
    double: Annotated[bool, Meta(description="greedy: select the next action with the online network")] = False
    alpha: (
        Annotated[
            float,
            Meta(ge=0, le=1, description=f"munchausen: weight of the log-policy in the reward; none means {ALPHA}"),
            PER_LANE,
        ]
        | None
    ) = None
    temperature: (
        Annotated[
            float,
            Meta(gt=0, description=f"munchausen: temperature of the policy, in units of Q; none means {TEMPERATURE}"),
            PER_LANE,
        ]
        | None
    ) = None
    clip: (
        Annotated[
            float,
            Meta(le=0, description=f"munchausen: lower bound of `temperature * log pi(a|s)`; none means {CLIP}"),
            PER_LANE,
        ]
        | None
    ) = None

    variants: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "policy": {"greedy": (), "munchausen": ("alpha", "temperature", "clip")}
    }

    def __post_init__(self) -> None:
        if self.policy == "munchausen" and self.double:
            raise ValueError("`double` has no effect with `policy=munchausen`, whose target is an expectation")

    @property
    def soft_policy(self) -> SoftPolicy | None:
        """The policy of Munchausen targets; None for greedy ones."""
        if self.policy == "greedy":
            return None
        alpha, temperature, clip = (
            usual if given is None else given
            for given, usual in ((self.alpha, ALPHA), (self.temperature, TEMPERATURE), (self.clip, CLIP))
        )
        return SoftPolicy(alpha, temperature, clip)


def midpoints(count: int) -> Tensor:
    """The midpoints of `count` equal intervals of [0, 1], which minimize the 1-Wasserstein error of the quantiles."""
    return (torch.arange(count) + 0.5) / count


def quantile_huber(predicted: Tensor, fractions: Tensor, goal: Tensor, kappa: float) -> tuple[Tensor, Tensor]:
    """The quantile Huber loss and the mean absolute difference, both `[...]` (Dabney et al., 2018, eq. 10).

    `predicted` are the quantiles at `fractions`, `[..., N]` and the same or `[N]`; `goal` are samples of the target,
    `[..., M]`. The loss is summed over the quantiles and averaged over the samples. Only `predicted` receives a
    gradient.
    """
    detached = predicted.detach()
    loss, absolute, slope = with_slope(detached, fractions, goal.detach(), kappa)
    # The added term is zero. Its gradient is that of the loss in closed form, so autograd need not store all pairs.
    return loss + (slope * (predicted - detached)).sum(-1), absolute


def with_slope(predicted: Tensor, fractions: Tensor, goal: Tensor, kappa: float) -> tuple[Tensor, Tensor, Tensor]:
    """`quantile_huber`, and the derivatives of the loss `[..., N]`."""
    if predicted.device.type != "cpu" or torch.compiler.is_compiling():
        return _with_slope(predicted, fractions, goal, kappa)
    (*leading, count), samples = predicted.shape, goal.shape[-1]
    kind = predicted.numpy().dtype.type
    rows, levels, goals = (it.reshape(-1, it.shape[-1]).contiguous().numpy() for it in (predicted, fractions, goal))
    loss, absolute, slope = np.empty(len(rows), kind), np.empty(len(rows), kind), np.empty_like(rows)
    kernels.quantile_huber(
        rows, levels.astype(kind), goals, kind(kappa), kind(1 / (samples * kappa)), loss, absolute, slope
    )
    losses, differences = (torch.from_numpy(it).view(leading) for it in (loss, absolute))
    return losses, differences / (count * samples), torch.from_numpy(slope).view(*leading, count)


def _with_slope(predicted: Tensor, fractions: Tensor, goal: Tensor, kappa: float) -> tuple[Tensor, Tensor, Tensor]:
    """The same in tensors of all pairs."""
    difference = goal.unsqueeze(-2) - predicted.unsqueeze(-1)  # [..., N, M]
    clipped, levels = difference.clamp(-kappa, kappa), fractions.unsqueeze(-1)
    weighted = clipped * torch.where(difference > 0, levels, 1 - levels) / kappa
    loss = (weighted * (difference - 0.5 * clipped)).mean(-1).sum(-1)
    return loss, difference.abs().mean((-2, -1)), -weighted.mean(-1)


def quantile_explanation(predicted: Tensor, fractions: Tensor, goal: Tensor, levels: Tensor) -> Explanation:
    """Explain quantiles: those predicted at `fractions` `[N]`, `[L, B, N]`, and samples of the target, `[L, B, M]`.

    `levels` `[M]` are the fractions of these samples once they are sorted.
    """
    at, order = fractions.sort()
    lines = {"prediction": predicted[0, 0][order]}
    if len(levels) == len(at):
        lines["target"] = goal[0, 0].sort().values
    return Explanation(
        f"The network predicts {len(at)} quantiles of the return. Below, prediction and target are means; the error is "
        "the mean absolute difference of all pairs of quantiles and samples.",
        samples={"prediction": predicted.mean(-1), "target": goal.mean(-1)},
        charts=[Chart("Quantiles of the first transition's return", at, lines, "fraction")],
    )
