"""Sarsa: the next action that was really taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from rlzoo.components.objectives import td
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
        return SarsaObjective(self, spec.n_step, spec.device)


class SarsaObjective(Objective):
    """Learns from sequences: n steps, and the action after them.

    A step after which the episode was truncated has no next action, so nothing is learnt from it; one after which it
    terminated needs none.
    """

    outputs = 1

    def __init__(self, options: Sarsa, n_step: int, device: torch.device) -> None:
        self.options, self.gamma = options, options.gamma
        self.n_step, self.length = n_step, n_step + 1
        # A table, since torch's powers round the last numbers of an array differently: lanes would not be exact.
        self.discounts = torch.tensor([options.gamma**step for step in range(n_step + 1)], device=device)

    def q_values(self, output: Tensor) -> Tensor:
        """The outputs are the values, `[..., A]`."""
        return output

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`; the error is target minus prediction, 0 without a next action."""
        q = predict(online, batch.observation[:, :, 0])  # [L, B, A]
        with torch.no_grad():
            goal, known = self._target(predict, target, batch)
        error = (goal - td.select(q, batch.action[..., 0])).where(known, 0.0)
        return self.options.loss_of(error), error.detach()

    def _target(self, predict: Predict, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """The n-step target, and whether its next action is known or not needed, both `[L, B]`."""
        assert batch.valid is not None
        ended = batch.terminated | batch.truncated
        reward, steps = td.n_step_return(batch.reward, ended, batch.valid, self.gamma, self.n_step)
        terminated = _at(batch.terminated, steps - 1)
        lanes, size = steps.shape
        after = batch.observation[torch.arange(lanes)[:, None], torch.arange(size), steps]  # [L, B, ...]
        next_value = td.select(predict(target, after), _at(batch.action, steps))
        goal = td.target(reward, terminated, self.discounts[steps], next_value)
        return goal, terminated | _at(batch.valid, steps)


def _at(values: Tensor, step: Tensor) -> Tensor:
    """What a sequence has at some step: `[L, B, T]` and `[L, B]` -> `[L, B]`."""
    return values.gather(-1, step.unsqueeze(-1)).squeeze(-1)
