"""What Sarsa and Expected Sarsa share: everything but the value of the state after the n steps."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.components.objectives.one_step import ERROR, OneStep, ValueObjective
from rlzoo.contracts import Batch, BuildSpec, Explanation
from rlzoo.lanes.params import Params, Predict


class NStepSarsaObjective(ValueObjective):
    """n rewards and the value of the state after them, from sequences of n + 1 steps (Sutton & Barto, 2018, 7.2).

    Subclasses with the same n learn from the same batches, so a study compares them on equal terms.
    """

    def __init__(self, options: OneStep, spec: BuildSpec) -> None:
        assert spec.policy is not None
        super().__init__(options)
        self.policy = spec.policy
        self.n_step, self.length = spec.n_step, spec.n_step + 1
        # A table, since torch's powers round the last numbers of an array differently: lanes would not be exact.
        powers = [[gamma**step for step in range(self.length)] for gamma in np.ravel(options.gamma).tolist()]
        self.discounts = torch.tensor(powers, device=spec.device).expand(spec.lanes, -1)  # [L, length]

    def taken(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The first of the steps: observations `[L, B, ...]` and actions `[L, B]`."""
        return batch.observation[:, :, 0], batch.action[..., 0]

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """The value of the first action taken, what it should be, and why."""
        with torch.no_grad():
            reward, terminated, discount, value = terms = self._terms(predict, online, target, batch)
        observation, action = self.taken(batch)
        prediction = td.select(predict(online, observation), action)
        summed = {
            "sum of rewards": reward,
            "discount after them": discount,
            "next value": value.masked_fill(terminated, 0),
        }
        return Explanation(
            f"The target sums up to {self.n_step} rewards before it bootstraps.",
            samples={**summed, "prediction": prediction, "target": td.target(*terms)},
            formula=f"{{target}} = {{sum of rewards}} + {{discount after them}} × {{next value}}, {ERROR}",
        )

    @torch.no_grad()
    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """The n-step target, `[L, B]`."""
        return td.target(*self._terms(predict, online, target, batch))

    def _terms(
        self, predict: Predict, online: Params, target: Params, batch: Batch
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What `td.target` takes: the sum of rewards, whether the episode terminated, the discount and the value."""
        assert batch.valid is not None
        ended = batch.terminated | batch.truncated
        reward, steps = td.n_step_return(batch.reward, ended, batch.valid, self.discounts[:, None], self.n_step)
        last = replace(
            batch,
            next_observation=_at(batch.next_observation, steps - 1),
            terminated=_at(batch.terminated, steps - 1),
            truncated=_at(batch.truncated, steps - 1),
            columns={name: _at(column, steps - 1) for name, column in batch.columns.items()},
        )
        next_value = self.next_value(predict, online, target, last, _at(batch.action, steps))
        return reward, last.terminated, self.discounts.gather(1, steps), next_value

    @abstractmethod
    def next_value(self, predict: Predict, online: Params, target: Params, last: Batch, action: Tensor) -> Tensor:
        """The value of the state after the n steps, `[L, B]`; ignored where the episode terminated.

        `last` has the last of these steps: `next_observation`, `terminated`, `truncated` and `columns`, `[L, B, ...]`.
        `action` `[L, B]` was taken after it, and is arbitrary where the episode ended.
        """

    def expected_value(self, predict: Predict, online: Params, target: Params, last: Batch) -> Tensor:
        """The mean of `Q_target(s', a)`, weighted by the policy's probabilities for the online values, `[L, B]`."""
        q = td.allowed(predict(online, last.next_observation), last.columns.get("next_action_mask"))
        probabilities = torch.from_numpy(self.policy(q.cpu().numpy())).to(q)
        return (probabilities * predict(target, last.next_observation)).sum(-1)


def _at(values: Tensor, step: Tensor) -> Tensor:
    """Each sequence at one of its steps: `[L, B, T, ...]` and `[L, B]` -> `[L, B, ...]`."""
    lanes, size = step.shape
    return values[torch.arange(lanes)[:, None], torch.arange(size), step]
