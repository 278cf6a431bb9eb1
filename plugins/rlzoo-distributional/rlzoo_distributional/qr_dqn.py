"""QR-DQN: quantiles of the return at fixed fractions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch
from torch import Tensor

from rlzoo.contracts import Batch, BuildSpec, Explanation, Meta, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_distributional import papers
from rlzoo_distributional.quantiles import (
    QuantileRegression,
    midpoints,
    quantile_explanation,
    quantile_huber,
    with_slope,
)
from rlzoo_distributional.returns import of_action, of_best_next, spread, with_reward
from rlzoo_distributional.soft_policy import explained, rewarded

if TYPE_CHECKING:
    from rlzoo.contracts.objective import ClosedForm


@dataclass(frozen=True)
class QRDQN(QuantileRegression):
    """Quantiles of the return, by quantile regression with the Huber loss (Dabney et al., 2018a)."""

    reference: ClassVar[str] = f"{papers.DABNEY_2018A}; {papers.VIEILLARD_2020}, for `policy=munchausen`"

    quantiles: Annotated[int, Meta(ge=2, description="number of quantiles, at the midpoints of equal intervals")] = 200

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        return QRDQNObjective(self, spec.device)


class QRDQNObjective(Objective):
    """The network outputs the quantiles, `[..., A, K]`."""

    def __init__(self, options: QRDQN, device: torch.device) -> None:
        self.options, self.gamma, self.outputs = options, options.gamma, options.quantiles
        self.policy = options.soft_policy
        self.fractions = midpoints(options.quantiles).to(device)  # [K]

    def q_values(self, output: Tensor) -> Tensor:
        """The mean return, `[..., A]`."""
        return output.mean(-1)

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and the TD error, both `[L, B]`; the error is the mean absolute difference over all pairs."""
        predicted = of_action(predict(online, batch.observation), batch.action)  # [L, B, K]
        goal = self._goal(predict, online, target, batch)
        return quantile_huber(predicted, self.fractions, goal, self.options.kappa)

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """Predicted quantiles and those of the target of the first transition, and the means of all."""
        predicted = of_action(predict(online, batch.observation), batch.action)
        goal = self._goal(predict, online, target, batch)
        explanation = quantile_explanation(predicted, self.fractions, goal, self.fractions)
        if self.policy is None:
            return explanation
        return explained(explanation, self.policy.bonus(self.q_values(predict(target, batch.observation)), batch))

    @property
    def closed_form(self) -> ClosedForm:
        """The derivatives of the quantile Huber loss, for the action taken."""
        return self._with_gradient

    def _with_gradient(
        self, predict: Predict, online: Params, target: Params, batch: Batch, weight: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        output = predict(online, batch.observation)
        with torch.no_grad():
            predicted, goal = of_action(output, batch.action), self._goal(predict, online, target, batch)
            loss, error, slope = with_slope(predicted, self.fractions, goal, self.options.kappa)
            return loss, error, spread(weight.unsqueeze(-1) * slope, batch.action, output)

    @torch.no_grad()
    def _goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """Samples of the target, `[L, B, K]`."""
        if self.policy is None:
            return with_reward(batch, of_best_next(self.q_values, predict, online, target, batch, self.options.double))
        output = predict(target, batch.next_observation)
        mask = batch.columns.get("next_action_mask")
        following = self.policy.quantiles(output, self.q_values(output), mask)
        bonus = self.policy.bonus(self.q_values(predict(target, batch.observation)), batch)
        return with_reward(rewarded(batch, bonus), following)
