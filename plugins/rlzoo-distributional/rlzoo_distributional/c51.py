"""C51: a categorical distribution over fixed returns, the atoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import Batch, BuildSpec, Objective
from rlzoo.lanes.jit import loops_apply
from rlzoo.lanes.params import Params, Predict
from rlzoo_distributional import kernels, papers
from rlzoo_distributional.categorical import Categorical, CategoricalOptions, split
from rlzoo_distributional.clipping import margin
from rlzoo_distributional.returns import of_best_next, with_reward


@dataclass(frozen=True)
class C51(CategoricalOptions):
    """Categorical distribution over fixed atoms, by cross entropy to the projected target (Bellemare et al., 2017)."""

    reference: ClassVar[str] = papers.BELLEMARE_2017

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        support = torch.linspace(self.v_min, self.v_max, self.atoms, device=spec.device)
        return C51Objective(self, support, spec.lanes)


class C51Objective(Categorical):
    """The target is the target network's whole distribution, moved and projected onto the atoms."""

    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """The projected distribution of `r + discount * Z(s')`, `[L, B, K]`, and how much of it is clipped."""
        following = of_best_next(self.q_values, predict, online, target, batch, self.options.double)
        if not loops_apply(following):
            return self._in_tensors(following.softmax(-1), batch)
        goal, clipped = np.empty(following.shape, np.float32), np.empty(batch.reward.shape, np.float32)
        kernels.project(
            *kernels.rows(following),
            self.support.numpy(),
            batch.reward.numpy().ravel(),
            batch.discount.masked_fill(batch.terminated, 0.0).numpy().ravel(),
            np.float32(margin(self.options.v_min, self.options.v_max)),
            goal.reshape(-1, self.outputs),
            clipped.ravel(),
        )
        return torch.from_numpy(goal), torch.from_numpy(clipped)

    def _in_tensors(self, following: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """The same from the probabilities of Z(s'), `[L, B, K]`, in operations for any device."""
        returns = with_reward(batch, self.support)
        return split(returns, following, self.support), self.outside(returns, following)
