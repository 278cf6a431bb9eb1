"""Q-learning as a Keras model is fitted: the loss is averaged over the whole output vector."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from rlzoo.components.objectives.one_step import OneStepObjective
from rlzoo.components.objectives.q_learning import QLearning, max_target_value
from rlzoo.contracts import Batch, BuildSpec, Explanation, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_articles import papers


@dataclass(frozen=True)
class AveragedQLearning(QLearning):
    """Q-learning whose loss is averaged over all actions, of which only the one taken has an error."""

    reference: ClassVar[str] = papers.TUTORIAL

    def build(self, spec: BuildSpec) -> Objective:
        """The objective."""
        return AveragedObjective(self, spec.actions)


class AveragedObjective(OneStepObjective):
    """The loss of Q-learning, divided by the number of actions."""

    def __init__(self, options: AveragedQLearning, actions: int) -> None:
        super().__init__(options, max_target_value)
        self.actions = actions

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`; the error is target minus prediction."""
        loss, td_error = super().__call__(predict, online, target, batch)
        return loss / self.actions, td_error

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """What Q-learning says, and what is divided."""
        sentence = f"The loss is averaged over all {self.actions} actions, so that it is {self.actions} times smaller."
        return replace(super().explain(predict, online, target, batch), sentence=sentence)
