"""The objective of "DQN in 130 lines": the next action that was best when the transition was collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import ERROR, TARGET, OneStep, OneStepObjective
from rlzoo.contracts import Batch, BuildSpec, Column, Explanation, Meta, Objective, Transition
from rlzoo.lanes.params import Params, Predict
from rlzoo_articles import papers


@dataclass(frozen=True)
class StoredAction(OneStep):
    """The target `r + gamma * Q_target(s', a')`, a' the online network's choice when collected (Miller, 2019)."""

    reference: ClassVar[str] = papers.MILLER_2019

    mask_terminated: Annotated[
        bool, Meta(description="no value after a terminal state; false bootstraps there, as the printed code does")
    ] = True

    def build(self, spec: BuildSpec) -> Objective:
        """The objective."""
        return StoredActionObjective(self)


class StoredActionObjective(OneStepObjective):
    """Stores the greedy next action with every transition, in the column `next_action`."""

    columns = (Column("next_action", (), "int64"),)

    def __init__(self, options: StoredAction) -> None:
        super().__init__(options, stored_value)
        self.mask_terminated = options.mask_terminated

    def record(self, transition: Transition, q_values: Callable[[np.ndarray], np.ndarray]) -> Mapping[str, np.ndarray]:
        """The online network's best action in the next observation, int64 `[L, N]`."""
        return {"next_action": q_values(transition.next_observation).argmax(-1)}

    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """The target, `[L, B]`."""
        if not self.mask_terminated:
            batch = replace(batch, terminated=batch.terminated.new_zeros(batch.terminated.shape))
        return super().goal(predict, online, target, batch)

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """What Q-learning says, with the value of the stored action."""
        explanation = super().explain(predict, online, target, batch)
        masked = batch.terminated & self.mask_terminated
        value = self.next_value(predict, online, target, batch).masked_fill(masked, 0.0)
        stored = {"next action": batch.columns["next_action"], "next value": value}
        return replace(
            explanation,
            sentence="The next value is that of the action which was the best when the transition was collected.",
            samples={**stored, **explanation.samples},
            formula=f"{TARGET}, {ERROR}",
        )


def stored_value(predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
    """`Q_target(s', a')` of the stored next actions, `[L, B]`."""
    return td.select(predict(target, batch.next_observation), batch.columns["next_action"])
