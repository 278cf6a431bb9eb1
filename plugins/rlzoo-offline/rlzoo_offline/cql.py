"""Conservative Q-learning for discrete actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import OneStepObjective
from rlzoo.components.objectives.q_learning import QLearning, max_target_value
from rlzoo.contracts import PER_LANE, Batch, BuildSpec, Explanation, Meta, Objective
from rlzoo.contracts.explanation import digits
from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.settings import beside
from rlzoo_offline import papers


@dataclass(frozen=True)
class CQL(QLearning):
    """Q-learning plus `alpha * (log sum_a exp Q(s, a) - Q(s, a_data))`, which keeps unseen actions low (CQL(H)).

    The penalty is the gap between the soft maximum over all actions and the value of the action in the data (Kumar et
    al., 2020). The paper's loss of the TD error is half its square.
    """

    reference: ClassVar[str] = papers.KUMAR_2020

    loss: Annotated[
        Literal["mse", "half-mse", "huber"], Meta(description="loss of the error e: e^2, e^2/2, or Huber's with delta")
    ] = "half-mse"
    alpha: Annotated[float, Meta(ge=0, description="weight of the penalty"), PER_LANE] = 1.0

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        return CQLObjective(self)


class CQLObjective(OneStepObjective):
    """The loss of Q-learning plus the penalty; the TD error is that of Q-learning."""

    def __init__(self, options: CQL) -> None:
        super().__init__(options, max_target_value)
        self.alpha = options.alpha

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and the TD error (target minus prediction), both `[L, B]`."""
        q = predict(online, batch.observation)  # [L, B, A]
        with torch.no_grad():
            next_value = self.next_value(predict, online, target, batch)
            goal = td.target(batch.reward, batch.terminated, batch.discount, next_value)
        chosen = td.select(q, batch.action)
        error = goal - chosen
        penalty = td.allowed(q, batch.columns.get("action_mask")).logsumexp(-1) - chosen
        return self.options.loss_of(error) + beside(self.alpha, penalty) * penalty, error.detach()

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """What Q-learning says, and the penalty in the loss."""
        explanation, q = super().explain(predict, online, target, batch), predict(online, batch.observation)
        soft = td.allowed(q, batch.columns.get("action_mask")).logsumexp(-1)
        return replace(
            explanation,
            sentence=f"The loss has a penalty: {digits(self.alpha)} times the soft maximum of all Q values minus that "
            "of the action in the data.",
            samples={**explanation.samples, "penalty": soft - td.select(q, batch.action)},
        )
