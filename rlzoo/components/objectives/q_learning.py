"""Q-learning: the best next action, by the target network."""

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
class QLearning(OneStep):
    """The target `r + gamma * max_a Q_target(s', a)` (Watkins, 1989; Mnih et al., 2015)."""

    reference: ClassVar[str] = f"{papers.WATKINS_1989}; {papers.MNIH_2015}"

    def build(self, spec: BuildSpec) -> Objective:
        """The objective."""
        return OneStepObjective(self, max_target_value)


def max_target_value(predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
    """`max_a Q_target(s', a)` over the allowed actions, `[L, B]`."""
    return td.allowed(predict(target, batch.next_observation), batch.columns.get("next_action_mask")).amax(-1)
