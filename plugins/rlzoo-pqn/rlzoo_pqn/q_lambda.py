"""Q(lambda): returns that mix all numbers of steps, computed once for each rollout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import ERROR, OneStep, OneStepObjective
from rlzoo.components.objectives.q_learning import max_target_value
from rlzoo.contracts import PER_LANE, Batch, BuildSpec, Explanation, Meta, Objective
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.settings import Setting, beside
from rlzoo_pqn import papers


@dataclass(frozen=True)
class QLambda(OneStep):
    """Peng's Q(lambda): the target `r + gamma * (lambda * return' + (1 - lambda) * max_a Q(s', a))`."""

    reference: ClassVar[str] = f"{papers.PENG_1996}; {papers.GALLICI_2025}"
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "rlzoo-probe/vector-v0", "buffer": "rollout", "train.update_every": 16, "train.updates": 3},
    )

    q_lambda: Annotated[
        float, Meta(ge=0, le=1, description="weight of longer returns; 0 is one-step Q-learning"), PER_LANE
    ] = 0.65

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective. Raises OptionError for `train.n_step`."""
        if spec.n_step > 1:
            raise OptionError("`train.n_step` has no effect with `objective=q-lambda`; set `objective.q_lambda`")
        return QLambdaObjective(self)


class QLambdaObjective(OneStepObjective):
    """The error between the value of the action taken and the return computed when the rollout was complete."""

    rollouts = True

    def __init__(self, options: QLambda) -> None:
        super().__init__(options, max_target_value)
        self.q_lambda = options.q_lambda

    def prepare(self, predict: Predict, online: Params, target: Params, rollout: Batch) -> Mapping[str, Tensor]:
        """The return from each step, `[L, N, T]`, by the values of the target network."""
        steps = rollout.action.shape[1:]
        flat = rollout.each(lambda tensor: tensor.flatten(1, 2))
        value = self.next_value(predict, online, target, flat).unflatten(1, steps)
        ended = rollout.terminated | rollout.truncated
        found = lambda_return(rollout.reward, rollout.discount, rollout.terminated, ended, value, self.q_lambda)
        return {"return": found}

    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """The return, `[L, B]`."""
        return batch.columns["return"]

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """The prediction, and the return that was computed when the rollout was complete."""
        return Explanation(
            "The target is the lambda-return, computed for the whole rollout before its first update.",
            samples={
                "prediction": td.select(predict(online, batch.observation), batch.action),
                "target": batch.columns["return"],
            },
            formula=ERROR,
        )


def lambda_return(
    reward: Tensor, discount: Tensor, terminated: Tensor, ended: Tensor, value: Tensor, q_lambda: Setting
) -> Tensor:
    """The lambda-returns of `T` consecutive steps; all tensors are `[L, N, T]`.

    `value` is that of each step's next observation. A return ends with its episode, terminated or truncated, and with
    the rollout; except after termination it then bootstraps from that value alone.
    """
    value = value.masked_fill(terminated, 0.0)
    later_share, share = beside(q_lambda, value[..., 0]), beside(1 - q_lambda, value[..., 0])
    found = [reward[..., -1] + discount[..., -1] * value[..., -1]]
    for step in reversed(range(reward.shape[-1] - 1)):
        mixed = later_share * found[-1] + share * value[..., step]
        after = torch.where(ended[..., step], value[..., step], mixed)
        found.append(reward[..., step] + discount[..., step] * after)
    return torch.stack(found[::-1], -1)
