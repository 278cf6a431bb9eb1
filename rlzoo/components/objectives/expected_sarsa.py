"""Expected Sarsa: the mean over next actions, weighted as the policy takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import NextValue, OneStep, OneStepObjective
from rlzoo.contracts import Batch, BuildSpec, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo.registry import papers


@dataclass(frozen=True)
class ExpectedSarsa(OneStep):
    """The target `r + gamma * sum_a pi(a|s') Q_target(s', a)`, pi the exploration policy (van Seijen et al., 2009)."""

    reference: ClassVar[str] = papers.SEIJEN_2009

    def build(self, spec: BuildSpec) -> Objective:
        """The objective."""
        assert spec.policy is not None
        return OneStepObjective(self, expected_value(spec.policy))


def expected_value(policy: Callable[[np.ndarray], np.ndarray]) -> NextValue:
    """The mean of `Q_target(s', a)` `[L, B]`, weighted by the probabilities `policy` gives for the online values."""

    def next_value(predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        q = td.allowed(predict(online, batch.next_observation), batch.columns.get("next_action_mask"))
        probabilities = torch.from_numpy(policy(q.cpu().numpy())).to(q)
        return (probabilities * predict(target, batch.next_observation)).sum(-1)

    return next_value
