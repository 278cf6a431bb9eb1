"""CHAIN: Q-learning with a penalty on value churn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import OneStepObjective
from rlzoo.components.objectives.q_learning import QLearning, max_target_value
from rlzoo.contracts import PER_LANE, Batch, BuildSpec, Meta, Objective, State
from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.settings import beside
from rlzoo_plasticity import papers


@dataclass(frozen=True)
class Chain(QLearning):
    """Q-learning with a penalty on how the last update changed values of other states (Tang & Berseth, 2024)."""

    reference: ClassVar[str] = papers.TANG_2024

    churn: Annotated[float, Meta(ge=0, description="factor of the churn penalty"), PER_LANE] = 1.0

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        return ChainObjective(self, spec.device)


class ChainObjective(OneStepObjective):
    """Adds `churn * (Q(s, a) - Q_before(s, a))^2`: Q now and before the last update.

    `s` and `a` are those of the batch before the last, which that update did not learn from.
    """

    def __init__(self, options: Chain, device: torch.device) -> None:
        super().__init__(options, max_target_value)
        self.churn, self.device = options.churn, device
        self.before: Params = {}  # the weights before the last update
        self.batches: list[tuple[Tensor, Tensor]] = []  # observation and action of the last two batches

    @property
    def closed_form(self) -> None:
        """None: the loss needs two predictions."""
        return

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """The loss with the penalty, and the TD error without it, `[L, B]` each."""
        loss, error = super().__call__(predict, online, target, batch)
        if len(self.batches) == 2:
            penalty = churn_penalty(predict, online, online | self.before, *self.batches[0])
            loss = loss + beside(self.churn, penalty) * penalty
        self.before = {name: leaf.detach().clone() for name, leaf in online.items() if leaf.requires_grad}
        self.batches = [*self.batches[-1:], (batch.observation, batch.action)]
        return loss, error

    def state(self) -> State:
        """The weights before the last update, and the batches."""
        return {
            "before": {name: leaf.cpu().numpy().copy() for name, leaf in self.before.items()},
            "batches": {
                str(number): {"observation": observation.cpu().numpy().copy(), "action": action.cpu().numpy().copy()}
                for number, (observation, action) in enumerate(self.batches)
            },
        }

    def load_state(self, state: State) -> None:
        """Restore them."""
        self.before = {name: self._tensor(leaf) for name, leaf in state["before"].items()}
        self.batches = [
            (self._tensor(kept["observation"]), self._tensor(kept["action"])) for kept in state["batches"].values()
        ]

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array.copy()).to(self.device)


def churn_penalty(predict: Predict, online: Params, before: Params, observation: Tensor, action: Tensor) -> Tensor:
    """The squared difference between the values of two sets of weights, `[L, B]`; only `online` has a gradient."""
    with torch.no_grad():
        old = td.select(predict(before, observation), action)
    return td.mse(td.select(predict(online, observation), action) - old)
