"""Munchausen Q-learning: soft Q-learning with the scaled log-policy added to the reward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import ERROR, TARGET, OneStep, OneStepObjective
from rlzoo.contracts import PER_LANE, Batch, BuildSpec, Explanation, Meta, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.settings import beside
from rlzoo_distributional import papers


@dataclass(frozen=True)
class Munchausen(OneStep):
    """Soft Q-learning plus `alpha * temperature * log pi(a|s)` in the reward (Vieillard et al., 2020)."""

    reference: ClassVar[str] = papers.VIEILLARD_2020

    alpha: Annotated[float, Meta(ge=0, le=1, description="weight of the log-policy added to the reward"), PER_LANE] = (
        0.9
    )
    temperature: Annotated[
        float, Meta(gt=0, description="temperature of the softmax policy, in units of Q"), PER_LANE
    ] = 0.03
    clip: Annotated[float, Meta(le=0, description="lower bound of `temperature * log pi(a|s)`"), PER_LANE] = -1.0

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        return MunchausenObjective(self)


class MunchausenObjective(OneStepObjective):
    """`r + alpha * max(clip, temperature * log pi(a|s)) + gamma * sum_a' pi(a'|s') (Q - temperature * log pi)(s', a')`.

    Q and its softmax policy pi come from the target network. With `train.n_step`, only the first step has the bonus.
    """

    def __init__(self, options: Munchausen) -> None:
        super().__init__(options, self.soft_value)
        self.alpha, self.temperature, self.clip = options.alpha, options.temperature, options.clip

    @torch.no_grad()
    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """The target with the bonus, `[L, B]`."""
        bonus = self.bonus(predict, target, batch)
        return super().goal(predict, online, target, replace(batch, reward=batch.reward + bonus))

    def bonus(self, predict: Predict, target: Params, batch: Batch) -> Tensor:
        """What is added to the reward, `[L, B]`."""
        log_policy = self.log_policy(predict(target, batch.observation), batch.columns.get("action_mask"))
        bonus = td.select(log_policy, batch.action)
        return beside(self.alpha, bonus) * bonus.clamp(min=beside(self.clip, bonus))

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """What Q-learning says, and the bonus."""
        explanation = super().explain(predict, online, target, batch)
        value = self.soft_value(predict, online, target, batch).masked_fill(batch.terminated, 0.0)
        return replace(
            explanation,
            sentence="The reward gets a bonus of at most 0, which is the lower the less likely the action is.",
            samples={"bonus": self.bonus(predict, target, batch), "next value": value, **explanation.samples},
            formula=f"{TARGET.replace('{reward}', '{reward} + {bonus}')}, {ERROR}",
        )

    def soft_value(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """The soft value of the next observations, `[L, B]`: the expectation under the policy plus the entropy term."""
        q = predict(target, batch.next_observation)
        mask = batch.columns.get("next_action_mask")
        log_policy = self.log_policy(q, mask)
        terms = (log_policy / beside(self.temperature, q)).exp() * (q - log_policy)
        return (terms if mask is None else terms.where(mask, 0.0)).sum(-1)

    def log_policy(self, q: Tensor, mask: Tensor | None) -> Tensor:
        """`temperature * log pi(a|s)` from Q, both `[..., A]`, at most 0; -inf for the actions that `mask` forbids."""
        temperature = beside(self.temperature, q)
        return temperature * (td.allowed(q, mask) / temperature).log_softmax(-1)
