"""Categorical distributions: chances of returns that are fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from rlzoo.contracts import Batch, BuildSpec, Component, Meta, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_distributional import papers
from rlzoo_distributional.returns import of_action, of_best_next, with_reward


@dataclass(frozen=True)
class C51(Component):
    """Chances of fixed returns, by the cross entropy to the projected target (Bellemare et al., 2017)."""

    reference: ClassVar[str] = papers.BELLEMARE_2017

    gamma: Annotated[float, Meta(ge=0, le=1, description="the discount, per step")] = 0.99
    atoms: Annotated[int, Meta(ge=2, description="how many returns have a chance, evenly from v_min to v_max")] = 51
    v_min: Annotated[float, Meta(description="the lowest return")] = -10.0
    v_max: Annotated[float, Meta(description="the highest return")] = 10.0
    double: Annotated[bool, Meta(description="the online network picks the next action")] = False

    def __post_init__(self) -> None:
        if self.v_min >= self.v_max:
            raise ValueError(f"`v_min` must be below `v_max`, got {self.v_min} and {self.v_max}")

    def build(self, spec: BuildSpec) -> Objective:
        """The objective."""
        return C51Objective(self, spec.device)


class C51Objective(Objective):
    """The network's outputs are logits, `[..., A, K]`, one for each atom."""

    def __init__(self, options: C51, device: torch.device) -> None:
        self.options, self.gamma, self.outputs = options, options.gamma, options.atoms
        self.support = torch.linspace(options.v_min, options.v_max, options.atoms, device=device)  # [K]

    def q_values(self, output: Tensor) -> Tensor:
        """The mean return, `[..., A]`."""
        return (output.softmax(-1) * self.support).sum(-1)

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(cross entropy, Kullback-Leibler divergence)` from the projected target, both `[L, B]`.

        They differ by the target's own entropy, which has no gradient; the divergence is the better priority for
        replay, since it is 0 where nothing is left to learn (Hessel et al., 2018).
        """
        logits = of_action(predict(online, batch.observation), batch.action)  # [L, B, K]
        with torch.no_grad():
            following = of_best_next(self.q_values, predict, online, target, batch, self.options.double)
            chances = self.project(with_reward(batch, self.support), following.softmax(-1))
            entropy = torch.special.entr(chances).sum(-1)
        cross_entropy = -(chances * logits.log_softmax(-1)).sum(-1)
        return cross_entropy, cross_entropy.detach() - entropy

    def project(self, returns: Tensor, chances: Tensor) -> Tensor:
        """Chances of the atoms, from the `chances` of any `returns`, both `[..., K]`: each goes to its two neighbours.

        What lies beyond the support goes to its end; what falls exactly on an atom stays there whole.
        """
        last = self.options.atoms - 1
        spacing = (self.options.v_max - self.options.v_min) / last
        place = ((returns - self.options.v_min) / spacing).clamp(0, last)
        # The second clamp is for NaN, which as an integer is anything: a diverged lane must not stop the others.
        below = place.long().clamp(0, last)
        share = (place - below) * chances
        projected = torch.zeros_like(chances).scatter_add_(-1, below, chances - share)
        return projected.scatter_add_(-1, (below + 1).clamp(max=last), share)
