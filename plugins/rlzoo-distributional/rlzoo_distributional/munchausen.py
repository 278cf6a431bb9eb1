"""Munchausen Q-learning: soft Q-learning with the scaled log-policy added to the reward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from rlzoo.components.objectives.one_step import ERROR, TARGET, OneStep, OneStepObjective
from rlzoo.contracts import PER_LANE, Batch, BuildSpec, Explanation, Meta, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_distributional import papers
from rlzoo_distributional.soft_policy import ALPHA, CLIP, TEMPERATURE, SoftPolicy, explained, rewarded


@dataclass(frozen=True)
class Munchausen(OneStep):
    """Soft Q-learning plus `alpha * temperature * log pi(a|s)` in the reward (Vieillard et al., 2020)."""

    reference: ClassVar[str] = papers.VIEILLARD_2020

    alpha: Annotated[float, Meta(ge=0, le=1, description="weight of the log-policy added to the reward"), PER_LANE] = (
        ALPHA
    )
    temperature: Annotated[
        float, Meta(gt=0, description="temperature of the softmax policy, in units of Q"), PER_LANE
    ] = TEMPERATURE
    clip: Annotated[float, Meta(le=0, description="lower bound of `temperature * log pi(a|s)`"), PER_LANE] = CLIP

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        return MunchausenObjective(self)


class MunchausenObjective(OneStepObjective):
    """`r + alpha * max(clip, temperature * log pi(a|s)) + gamma * sum_a' pi(a'|s') (Q - temperature * log pi)(s', a')`.

    Q and its softmax policy pi come from the target network. With `train.n_step`, only the first step has the bonus.
    """

    def __init__(self, options: Munchausen) -> None:
        super().__init__(options, self.soft_value)
        self.policy = SoftPolicy(options.alpha, options.temperature, options.clip)

    @torch.no_grad()
    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """The target with the bonus, `[L, B]`."""
        bonus = self.policy.bonus(predict(target, batch.observation), batch)
        return super().goal(predict, online, target, rewarded(batch, bonus))

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """What Q-learning says, and the bonus."""
        explanation = super().explain(predict, online, target, batch)
        value = self.soft_value(predict, online, target, batch).masked_fill(batch.terminated, 0.0)
        return replace(
            explained(
                replace(explanation, samples={"next value": value, **explanation.samples}),
                self.policy.bonus(predict(target, batch.observation), batch),
            ),
            formula=f"{TARGET.replace('{reward}', '{reward} + {bonus}')}, {ERROR}",
        )

    def soft_value(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """The soft value of the next observations, `[L, B]`: the expectation under the policy plus the entropy term."""
        return self.policy.value(predict(target, batch.next_observation), batch.columns.get("next_action_mask"))
