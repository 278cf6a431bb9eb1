"""Sarsa: the next action that was really taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.n_step_sarsa import NStepSarsaObjective
from rlzoo.components.objectives.one_step import OneStep
from rlzoo.contracts import Batch, BuildSpec, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo.registry import papers


@dataclass(frozen=True)
class Sarsa(OneStep):
    """The target `r + gamma * Q_target(s', a')`, a' the action taken next: on-policy (Rummery & Niranjan, 1994)."""

    reference: ClassVar[str] = papers.RUMMERY_1994

    def build(self, spec: BuildSpec) -> Objective:
        """The objective; with `train.n_step` n, it bootstraps from the n-th next action."""
        return SarsaObjective(self, spec)


class SarsaObjective(NStepSarsaObjective):
    """Bootstraps from the action taken next.

    Where the episode was truncated there is none, so it bootstraps from the expected value over the policy's actions.
    Skipping these steps instead would favour episodes that terminate.
    """

    def next_value(self, predict: Predict, online: Params, target: Params, last: Batch, action: Tensor) -> Tensor:
        """`Q_target(s', a')`, or the expected value where the episode was truncated, `[L, B]`."""
        value = td.select(predict(target, last.next_observation), action)
        if not last.truncated.any():
            return value
        return torch.where(last.truncated, self.expected_value(predict, online, target, last), value)
