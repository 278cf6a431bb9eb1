"""Double Q-learning: the best next action by the online network, valued by the target network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import OneStep, OneStepObjective
from rlzoo.contracts import Batch, BuildSpec, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo.registry import papers


@dataclass(frozen=True)
class Double(OneStep):
    """The target `r + gamma * Q_target(s', argmax_a Q_online(s', a))` (van Hasselt et al., 2016)."""

    reference: ClassVar[str] = papers.HASSELT_2016

    def build(self, spec: BuildSpec) -> Objective:
        """The objective."""
        return OneStepObjective(self, double_value)


def double_value(predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
    """`Q_target(s', argmax_a Q_online(s', a))` over the allowed actions, `[L, B]`."""
    q_online = td.allowed(predict(online, batch.next_observation), batch.columns.get("next_action_mask"))
    return td.select(predict(target, batch.next_observation), q_online.argmax(-1))
