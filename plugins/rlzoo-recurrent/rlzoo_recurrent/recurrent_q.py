"""Q-learning on sequences, by a network with memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import OneStep
from rlzoo.contracts import PER_LANE, Batch, BuildSpec, Explanation, Meta, Objective
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.params import Params, Predict, unroll
from rlzoo.lanes.settings import beside
from rlzoo_pqn.q_lambda import lambda_return
from rlzoo_recurrent import papers
from rlzoo_recurrent.rescaling import rescale, restore
from rlzoo_recurrent.returns import n_step_returns


@dataclass(frozen=True)
class RecurrentQ(OneStep):
    """Q-learning on sequences by a network with memory (Hausknecht & Stone, 2015; Kapturowski et al., 2019)."""

    reference: ClassVar[str] = f"{papers.HAUSKNECHT_2015}; {papers.KAPTUROWSKI_2019}"
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {
            "env": "rlzoo-probe/vector-v0",
            "network": "gru",
            "buffer": "prioritized",
            "objective.length": 6,
            "objective.burn_in": 2,
            "objective.rescale": 1e-3,
        },
    )

    length: Annotated[int, Meta(ge=2, description="consecutive steps of a sample, those of the burn-in included")] = 20
    burn_in: Annotated[
        int,
        Meta(ge=0, description="first steps of a sample, which only update the memory unless an episode begins there"),
    ] = 0
    start: Annotated[
        Literal["stored", "zero"], Meta(description="memory before a sample: as it was when acting, or zeros")
    ] = "stored"
    double: Annotated[bool, Meta(description="choose the next action by the online network")] = True
    q_lambda: Annotated[
        float, Meta(ge=0, le=1, description="weight of longer returns, as in `q-lambda`; 0 disables them"), PER_LANE
    ] = 0.0
    rescale: (
        Annotated[float, Meta(gt=0, description="epsilon of the value rescaling; none disables it, R2D2 has 0.001")]
        | None
    ) = None
    eta: Annotated[
        float,
        Meta(ge=0, le=1, description="priority of a sample: the share of its largest error; the rest is the mean"),
        PER_LANE,
    ] = 0.9

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective.

        Raises OptionError for a burn-in that leaves no step to learn from, and for two kinds of longer returns at once.
        """
        if self.burn_in >= self.length:
            raise OptionError(
                f"`objective.burn_in` is {self.burn_in}, so sequences of `objective.length` {self.length} leave no "
                "step to learn from; set a higher length or a shorter burn-in"
            )
        if spec.n_step > 1 and np.any(self.q_lambda):
            raise OptionError("`objective.q_lambda` and `train.n_step` exclude each other; set one of them")
        return RecurrentQObjective(self, spec)


class RecurrentQObjective(Objective):
    """Q-learning at all steps of each sequence. The memory is reset where an episode begins, as in acting."""

    outputs = 1
    recurrent = True

    def __init__(self, options: RecurrentQ, spec: BuildSpec) -> None:
        self.options, self.gamma = options, options.gamma
        self.length, self.n_step = options.length, spec.n_step

    def q_values(self, output: Tensor) -> Tensor:
        """The outputs are the values, `[..., A]`."""
        return output

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """The loss and the priority of each sequence, `[L, B]`.

        The loss is the sum over the steps learned from, divided by their usual number, so that all steps count alike.
        """
        q, goal, learned = self._learned(predict, online, target, batch)
        error = (goal - q).masked_fill(~learned, 0.0)
        loss = self.options.loss_of(error).sum(-1) / (self.length - self.options.burn_in)
        return loss, self._priority(error.detach().abs(), learned)

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """Means over the steps of each sequence that it learns from."""
        q, goal, learned = self._learned(predict, online, target, batch)
        steps = learned.sum(-1)

        def mean(values: Tensor) -> Tensor:
            return values.masked_fill(~learned, 0.0).sum(-1) / steps.clamp(min=1)

        return Explanation(
            f"Each sample is a sequence of {self.length} steps, of which the first is listed. Prediction and target "
            "are means over the steps learned from; the error mixes their mean and largest absolute one.",
            samples={"steps": steps, "prediction": mean(q), "target": mean(goal)},
        )

    def _learned(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The values of the actions taken, what they should be, and which steps to learn from, `[L, B, T]` each."""
        stored = batch.columns["memory"]
        begins = (stored == 0).all(-1)
        known = begins.cumsum(-1) > 0  # steps of an episode that begins in the sequence
        learned = known | (torch.arange(self.length, device=known.device) >= self.options.burn_in)
        memory = stored[:, :, 0] if self.options.start == "stored" else torch.zeros_like(stored[:, :, 0])
        q, after = self._unrolled(predict, online, batch.observation, memory, begins, known)
        with torch.no_grad():
            _, target_after = self._unrolled(predict, target, batch.observation, memory, begins, known)
            ahead = _next(predict, online, batch, after) if self.options.double else None
            goal = self._goal(ahead, _next(predict, target, batch, target_after), batch)
        return td.select(q, batch.action), goal, learned

    def _unrolled(
        self, predict: Predict, params: Params, x: Tensor, memory: Tensor, begins: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Q values of the observations, `[L, B, T, A]`, and the memory after them, `[L, B, T, M]`.

        No gradient flows from the burn-in, except from an episode that begins within it: its memory is known.
        """
        size = self.options.burn_in
        if not size:
            return unroll(predict, params, x, memory, begins)
        first = unroll(predict, params, x[:, :, :size], memory, begins[:, :, :size])
        last = first[1][:, :, -1]
        memory = torch.where(known[:, :, size - 1, None], last, last.detach())
        rest = unroll(predict, params, x[:, :, size:], memory, begins[:, :, size:])
        return torch.cat([first[0], rest[0]], 2), torch.cat([first[1], rest[1]], 2)

    def _goal(self, ahead: Tensor | None, target_ahead: Tensor, batch: Batch) -> Tensor:
        """What the value of each action should be, `[L, B, T]`.

        The values of the next observations are `[L, B, T, A]`: those of the target network, and of the online network
        to choose the action by, if there are any.
        """
        chooser = target_ahead if ahead is None else ahead
        value = td.select(target_ahead, td.allowed(chooser, batch.columns.get("next_action_mask")).argmax(-1))
        eps = self.options.rescale
        value = (value if eps is None else restore(value, eps)).masked_fill(batch.terminated, 0.0)
        ended = batch.terminated | batch.truncated
        if np.any(self.options.q_lambda):
            share = self.options.q_lambda
            found = lambda_return(batch.reward, batch.discount, batch.terminated, ended, value, share)
        else:
            found = n_step_returns(batch.reward, batch.discount, ended, value, self.n_step)
        return found if eps is None else rescale(found, eps)

    def _priority(self, error: Tensor, learned: Tensor) -> Tensor:
        """The mean and the largest of the absolute errors, mixed, `[L, B]`."""
        mean = error.sum(-1) / learned.sum(-1).clamp(min=1)
        eta = self.options.eta
        return beside(eta, mean) * error.amax(-1) + beside(1 - eta, mean) * mean


def _next(predict: Predict, params: Params, batch: Batch, memory: Tensor) -> Tensor:
    """Q values of the next observation of each step, with the memory `[L, B, T, M]` after it: `[L, B, T, A]`.

    One step of all of them at once. It is not the next step of the sequence where an episode ends.
    """
    x = batch.next_observation.flatten(1, 2).unsqueeze(2)
    q, _ = unroll(predict, params, x, memory.flatten(1, 2))
    return q[:, :, 0].unflatten(1, memory.shape[1:3])
