"""IQN: quantiles of the return at random fractions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.contracts import Batch, BuildSpec, Explanation, Meta, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.rng import LaneRng
from rlzoo_distributional import papers
from rlzoo_distributional.quantiles import (
    QuantileRegression,
    midpoints,
    quantile_explanation,
    quantile_huber,
    with_slope,
)
from rlzoo_distributional.returns import of_action, spread, with_reward
from rlzoo_distributional.soft_policy import SoftPolicy, explained, rewarded

if TYPE_CHECKING:
    from rlzoo.contracts.objective import ClosedForm


@dataclass(frozen=True)
class IQN(QuantileRegression):
    """Quantiles of the return at random fractions, which the network takes as input (Dabney et al., 2018b)."""

    reference: ClassVar[str] = f"{papers.DABNEY_2018B}; {papers.VIEILLARD_2020}, for `policy=munchausen`"

    fractions: Annotated[int, Meta(ge=1, description="quantiles predicted per transition (N)")] = 64
    target_fractions: Annotated[int, Meta(ge=1, description="target samples per transition (N')")] = 64
    acting_fractions: Annotated[int, Meta(ge=2, description="quantiles whose mean is Q (K)")] = 32

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        return IQNObjective(self, spec.rng)


class IQNObjective(Objective):
    """The network outputs quantiles `[..., A, K]` at the fractions in its buffer `fractions`.

    Learning uses random fractions. Q is the mean over the network's default fractions, the midpoints of K equal
    intervals. The paper draws these at random too; midpoints approximate the mean better, and make the action a
    function of the weights alone.
    """

    inputs = ("fractions",)

    def __init__(self, options: IQN, rng: LaneRng) -> None:
        self.options, self.rng, self.policy = options, rng, options.soft_policy
        self.gamma, self.outputs = options.gamma, options.acting_fractions

    def q_values(self, output: Tensor) -> Tensor:
        """The mean return, `[..., A]`."""
        return output.mean(-1)

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and the TD error, both `[L, B]`; the error is the mean absolute difference over all pairs."""
        fractions = self._draw(batch, self.options.fractions)
        predicted = of_action(predict(online | {"fractions": fractions}, batch.observation), batch.action)
        return quantile_huber(predicted, fractions, self._goal(predict, online, target, batch), self.options.kappa)

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """Predicted quantiles and samples of the target of the first transition, and the means of all."""
        fractions = self._draw(batch, self.options.fractions)
        predicted = of_action(predict(online | {"fractions": fractions}, batch.observation), batch.action)
        goal = self._goal(predict, online, target, batch)
        explanation = quantile_explanation(predicted, fractions[0, 0], goal, midpoints(self.options.target_fractions))
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
        fractions = self._draw(batch, self.options.fractions)
        output = predict(online | {"fractions": fractions}, batch.observation)
        with torch.no_grad():
            predicted, goal = of_action(output, batch.action), self._goal(predict, online, target, batch)
            loss, error, slope = with_slope(predicted, fractions, goal, self.options.kappa)
            return loss, error, spread(weight.unsqueeze(-1) * slope, batch.action, output)

    @torch.no_grad()
    def _goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """Samples of the target, `[L, B, N']`."""
        if self.policy is not None:
            return self._munchausen_goal(self.policy, predict, target, batch)
        q = self.q_values(predict(online if self.options.double else target, batch.next_observation))
        action = td.allowed(q, batch.columns.get("next_action_mask")).argmax(-1)
        sampled = target | {"fractions": self._draw(batch, self.options.target_fractions)}
        return with_reward(batch, of_action(predict(sampled, batch.next_observation), action))

    def _munchausen_goal(self, policy: SoftPolicy, predict: Predict, target: Params, batch: Batch) -> Tensor:
        """The same for the softmax policy. One prediction gives Q and the samples: `[L, B, A, K + N']`."""
        fixed = target["fractions"].expand(-1, batch.action.shape[1], -1)
        fractions = torch.cat([fixed, self._draw(batch, self.options.target_fractions)], -1)
        output = predict(target | {"fractions": fractions}, batch.next_observation)
        expected, sampled = output.split([self.outputs, self.options.target_fractions], -1)
        following = policy.quantiles(sampled, self.q_values(expected), batch.columns.get("next_action_mask"))
        bonus = policy.bonus(self.q_values(predict(target, batch.observation)), batch)
        return with_reward(rewarded(batch, bonus), following)

    def _draw(self, batch: Batch, count: int) -> Tensor:
        """Uniform fractions, `[L, B, count]`."""
        return torch.from_numpy(self.rng.random((batch.action.shape[1], count))).to(batch.reward)
