"""Bootstrapped DQN's objective: several Q functions, each learnt from a random part of the transitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import OneStep
from rlzoo.contracts import PER_LANE, Batch, BuildSpec, Column, Explanation, Meta, Objective, Transition
from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.settings import beside
from rlzoo_exploration import papers


@dataclass(frozen=True)
class Bootstrapped(OneStep):
    """Several Q functions, each with its own target and its own part of the transitions (Osband et al., 2016)."""

    reference: ClassVar[str] = papers.OSBAND_2016

    heads: Annotated[int, Meta(ge=2, description="Q functions, on one network except for its last layer")] = 10
    p: Annotated[float, Meta(gt=0, le=1, description="probability that a head learns from a transition"), PER_LANE] = (
        0.5
    )
    double: Annotated[bool, Meta(description="each head's online network picks its next action")] = False

    def build(self, spec: BuildSpec) -> Objective:
        """The objective for `spec.lanes` lanes."""
        return BootstrappedObjective(self, spec)


class BootstrappedObjective(Objective):
    """The network's outputs are the heads' Q values, `[..., A, K]`.

    Which heads learn from a transition is drawn when it is collected and stored with it, in the column `head_mask`. The
    loss is the mean over all heads, those that do not learn from it counting as zero: so the shared layers get 1/K of
    the sum of the heads' gradients, as in the paper.
    """

    heads: ClassVar[bool] = True

    def __init__(self, options: Bootstrapped, spec: BuildSpec) -> None:
        self.options, self.gamma, self.outputs, self.rng = options, options.gamma, options.heads, spec.rng
        self.columns = (Column("head_mask", (options.heads,), "bool"),)

    def record(self, transition: Transition, q_values: Callable[[np.ndarray], np.ndarray]) -> Mapping[str, np.ndarray]:
        """Which heads will learn from each transition, bool `[L, N, K]`."""
        drawn = self.rng.random((transition.action.shape[1], self.outputs))
        return {"head_mask": drawn < beside(self.options.p, drawn)}

    def q_values(self, output: Tensor) -> Tensor:
        """The mean of the heads, `[..., A]`."""
        return output.mean(-1)

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`; the error is the mean absolute one, over the same heads as the loss."""
        q = predict(online, batch.observation)  # [L, B, A, K]
        with torch.no_grad():
            goal = self._target(predict, online, target, batch)
        error = goal - _of_action(q, batch.action.unsqueeze(-1))  # [L, B, K]
        mask = batch.columns["head_mask"]
        return (self.options.loss_of(error) * mask).mean(-1), (error.detach().abs() * mask).mean(-1)

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """How many heads learn from each transition, and the means of their predictions and targets."""
        mask, goal = batch.columns["head_mask"], self._target(predict, online, target, batch)
        predicted = _of_action(predict(online, batch.observation), batch.action.unsqueeze(-1))
        return Explanation(
            f"Each of the {self.outputs} heads has a prediction and a target; those below are means over all heads. "
            "Only the heads that learn from a transition count in its loss.",
            samples={"heads": mask.sum(-1), "prediction": predicted.mean(-1), "target": goal.mean(-1)},
        )

    def _target(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """Each head's own target, `[L, B, K]`."""
        next_q = predict(target, batch.next_observation)
        judge = predict(online, batch.next_observation) if self.options.double else next_q
        allowed = batch.columns.get("next_action_mask")
        next_action = td.allowed(judge, None if allowed is None else allowed.unsqueeze(-1)).argmax(-2)
        return td.target(
            batch.reward.unsqueeze(-1),
            batch.terminated.unsqueeze(-1),
            batch.discount.unsqueeze(-1),
            _of_action(next_q, next_action),
        )


def _of_action(output: Tensor, action: Tensor) -> Tensor:
    """Each head's value of its own action, or of one for all: `[..., A, K]` and `[..., K or 1]` -> `[..., K]`."""
    place = action.expand(*action.shape[:-1], output.shape[-1]).unsqueeze(-2)
    return output.gather(-2, place).squeeze(-2)
