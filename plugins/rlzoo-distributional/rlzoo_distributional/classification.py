"""Regression as classification: the usual scalar target of Q-learning, written as a distribution over fixed returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.contracts import Batch, BuildSpec, Meta, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_distributional import papers
from rlzoo_distributional.categorical import Categorical, CategoricalOptions, split

Encode = Callable[[Tensor], Tensor]
"""Writes returns `[...]` as probabilities of the support, `[..., K]`."""


@dataclass(frozen=True)
class TwoHot(CategoricalOptions):
    """Q-learning's target as probabilities of its two neighbours in the support (Schrittwieser et al., 2020)."""

    reference: ClassVar[str] = f"{papers.SCHRITTWIESER_2020}; {papers.FAREBROTHER_2024}"

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        support = torch.linspace(self.v_min, self.v_max, self.atoms, device=spec.device)
        return Classification(self, support, spec.lanes, lambda returns: two_hot(returns, support))


@dataclass(frozen=True)
class HLGauss(CategoricalOptions):
    """Q-learning's target as a normal distribution over bins (Farebrother et al., 2024)."""

    reference: ClassVar[str] = papers.FAREBROTHER_2024

    smoothing: Annotated[float, Meta(gt=0, description="standard deviation in widths of a bin")] = 0.75

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        edges = torch.linspace(self.v_min, self.v_max, self.atoms + 1, device=spec.device)
        sigma = self.smoothing * (self.v_max - self.v_min) / self.atoms
        centres = (edges[:-1] + edges[1:]) / 2
        return Classification(self, centres, spec.lanes, lambda returns: gaussian(returns, edges, sigma))


class Classification(Categorical):
    """The target `r + discount * max_a Q(s', a)`, encoded."""

    def __init__(self, options: CategoricalOptions, support: Tensor, lanes: int, encode: Encode) -> None:
        super().__init__(options, support, lanes)
        self.encode = encode

    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """The encoded target, `[L, B, K]`, and whether it is clipped."""
        q = self.q_values(predict(target, batch.next_observation))
        judged = self.q_values(predict(online, batch.next_observation)) if self.options.double else q
        best = td.allowed(judged, batch.columns.get("next_action_mask")).argmax(-1)
        returns = td.target(batch.reward, batch.terminated, batch.discount, td.select(q, best))
        return self.encode(returns), self.outside(returns.unsqueeze(-1), torch.ones_like(returns).unsqueeze(-1))


def two_hot(returns: Tensor, support: Tensor) -> Tensor:
    """The distribution of two neighbours in the support whose mean is the return, `[...]` -> `[..., K]`."""
    return split(returns.unsqueeze(-1), torch.ones_like(returns).unsqueeze(-1), support)


def gaussian(returns: Tensor, edges: Tensor, sigma: float) -> Tensor:
    """The mass that a normal distribution around each return has in each bin, `[...]` -> `[..., K]`.

    `edges` `[K + 1]` are those of the bins. Returns are clipped to the outer ones, and the distribution ends there.
    """
    inside = returns.clamp(edges[0].item(), edges[-1].item())
    below = torch.special.ndtr((edges - inside.unsqueeze(-1)) / sigma)  # [..., K + 1]
    return below.diff(dim=-1) / (below[..., -1:] - below[..., :1])
