"""The next action that was best when the transition was collected, kept in the tuple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import OneStep, OneStepObjective
from rlzoo.contracts import Batch, BuildSpec, NextAction, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo.registry import papers


@dataclass(frozen=True)
class StoredAction(OneStep):
    """The target `r + gamma * Q_target(s', a')`, a' the online network's choice back then (Miller, 2019)."""

    reference: ClassVar[str] = papers.MILLER_2019

    def build(self, spec: BuildSpec) -> Objective:
        """The objective."""
        return StoredActionObjective(self, of_next_action)


class StoredActionObjective(OneStepObjective):
    """Asks for the greedy next action in every transition."""

    next_action: ClassVar[NextAction] = "greedy"


def of_next_action(predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
    """`Q_target(s', a')` of the transitions' next actions, `[L, B]`."""
    assert batch.next_action is not None
    return td.select(predict(target, batch.next_observation), batch.next_action)
