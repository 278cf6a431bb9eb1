"""Expected Sarsa: the mean over next actions, weighted as the policy takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from rlzoo.components.objectives.n_step_sarsa import NStepSarsaObjective
from rlzoo.components.objectives.one_step import OneStep
from rlzoo.contracts import Batch, BuildSpec, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo.registry import papers


@dataclass(frozen=True)
class ExpectedSarsa(OneStep):
    """The target `r + gamma * sum_a pi(a|s') Q_target(s', a)`, pi the exploration policy (van Seijen et al., 2009)."""

    reference: ClassVar[str] = papers.SEIJEN_2009

    def build(self, spec: BuildSpec) -> Objective:
        """The objective; with `train.n_step` n, it bootstraps from the state after n steps."""
        return ExpectedSarsaObjective(self, spec)


class ExpectedSarsaObjective(NStepSarsaObjective):
    """Bootstraps from the expected value over the policy's actions."""

    def next_value(self, predict: Predict, online: Params, target: Params, last: Batch, action: Tensor) -> Tensor:
        """`sum_a pi(a|s') Q_target(s', a)`, `[L, B]`."""
        return self.expected_value(predict, online, target, last)
