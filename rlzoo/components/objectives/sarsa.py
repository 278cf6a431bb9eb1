"""Sarsa: the next action that was really taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.expected_sarsa import expected_value
from rlzoo.components.objectives.one_step import OUTPUTS_ARE_VALUES, NextValue, OneStep
from rlzoo.contracts import Batch, BuildSpec, Objective, ObjectiveKernel
from rlzoo.lanes.params import Params, Predict
from rlzoo.registry import papers


@dataclass(frozen=True)
class Sarsa(OneStep):
    """The target `r + gamma * Q_target(s', a')`, a' the action taken next: on-policy (Rummery & Niranjan, 1994)."""

    reference: ClassVar[str] = papers.RUMMERY_1994

    def build(self, spec: BuildSpec) -> Objective:
        """The objective; with `train.n_step` n, it bootstraps from the n-th next action."""
        assert spec.policy is not None
        return SarsaObjective(self, expected_value(spec.policy), spec)


class SarsaObjective(Objective):
    """Learns from sequences: n steps, and the action after them.

    Where the episode was truncated there is no next action, so it bootstraps from the expected value over the policy's
    actions. Skipping these steps instead would favour episodes that terminate.
    """

    outputs = 1

    def __init__(self, options: Sarsa, expected: NextValue, spec: BuildSpec) -> None:
        self.options, self.gamma, self.expected = options, options.gamma, expected
        self.n_step, self.length = spec.n_step, spec.n_step + 1
        # A table, since torch's powers round the last numbers of an array differently: lanes would not be exact.
        powers = [[gamma**step for step in range(self.length)] for gamma in np.ravel(options.gamma).tolist()]
        self.discounts = torch.tensor(powers, device=spec.device).expand(spec.lanes, -1)  # [L, length]

    @property
    def kernel(self) -> ObjectiveKernel:
        """Nothing to compute."""
        return OUTPUTS_ARE_VALUES

    def q_values(self, output: Tensor) -> Tensor:
        """The outputs are the values, `[..., A]`."""
        return output

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`; the error is target minus prediction."""
        q = predict(online, batch.observation[:, :, 0])  # [L, B, A]
        with torch.no_grad():
            goal = self._target(predict, online, target, batch)
        error = goal - td.select(q, batch.action[..., 0])
        return self.options.loss_of(error), error.detach()

    def _target(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """The n-step target, `[L, B]`."""
        assert batch.valid is not None
        ended = batch.terminated | batch.truncated
        reward, steps = td.n_step_return(batch.reward, ended, batch.valid, self.discounts[:, None], self.n_step)
        last = replace(
            batch,
            next_observation=_at(batch.next_observation, steps - 1),
            columns={name: _at(column, steps - 1) for name, column in batch.columns.items()},
        )
        next_value = td.select(predict(target, last.next_observation), _at(batch.action, steps))
        truncated = _at(batch.truncated, steps - 1)
        if truncated.any():
            next_value = torch.where(truncated, self.expected(predict, online, target, last), next_value)
        return td.target(reward, _at(batch.terminated, steps - 1), self.discounts.gather(1, steps), next_value)


def _at(values: Tensor, step: Tensor) -> Tensor:
    """What a sequence has at some step: `[L, B, T, ...]` and `[L, B]` -> `[L, B, ...]`."""
    lanes, size = step.shape
    return values[torch.arange(lanes)[:, None], torch.arange(size), step]
