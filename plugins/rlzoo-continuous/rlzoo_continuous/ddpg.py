"""DDPG: an actor that climbs the Q function of a critic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from rlzoo.contracts import Batch, BuildSpec, Explanation, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_continuous import papers
from rlzoo_continuous.bounds import Bounds, bounds_of
from rlzoo_continuous.one_step import ERROR, TARGET, ScaledOneStep


@dataclass(frozen=True)
class DDPG(ScaledOneStep):
    """Deep deterministic policy gradient: an actor climbs the Q function of a critic (Lillicrap et al., 2016)."""

    reference: ClassVar[str] = papers.LILLICRAP_2016
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "rlzoo-probe/continuous-v0", "network": "actor-critic", "exploration": "gaussian"},
    )

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective. Raises BadInput for actions that are not a bounded Box."""
        return DDPGObjective(self, bounds_of(spec, "objective=ddpg"))


class DDPGObjective(Objective):
    """The network gives the actor's action, its value, and the value of the action taken: `[..., 1, D + 2]`.

    The first value must only have a gradient with respect to the actor, the second to the critic, as in `actor-critic`.
    """

    continuous = True
    inputs = ("action",)

    def __init__(self, options: DDPG, bounds: Bounds) -> None:
        self.options, self.bounds, self.gamma = options, bounds, options.gamma
        self.outputs = bounds.size + 2

    def q_values(self, output: Tensor) -> Tensor:
        """The value of the actor's action: `[..., 1, D + 2]` -> `[..., 1]`."""
        return output[..., self.bounds.size]

    def greedy(self, output: Tensor, mask: Tensor | None = None) -> Tensor:
        """The actor's action: `[..., 1, D + 2]` -> `[..., *shape]`."""
        return self.bounds.shaped(output[..., 0, : self.bounds.size])

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`; the error is the critic's, target minus prediction."""
        value, prediction = self._values(predict, online, batch)
        error = self._goal(predict, target, batch) - prediction
        return self.options.loss_of(error) - value, error.detach()

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """The value of the action taken, what it should be, and the value of the action that the actor would take."""
        value, prediction = self._values(predict, online, batch)
        samples = {
            "scaled reward": self.options.scaled(batch.reward),
            "next value": self._value(predict(target, batch.next_observation)).masked_fill(batch.terminated, 0.0),
            "prediction": prediction,
            "target": self._goal(predict, target, batch),
            "actor's value": value,
        }
        said = "The critic learns from the errors, and the actor to choose actions that the critic values more."
        return Explanation(said, samples=samples, formula=f"{TARGET}, {ERROR}")

    def _values(self, predict: Predict, online: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """The values of the actor's action and of the action taken, `[L, B]` each."""
        output = predict(online | {"action": self.bounds.flat(batch.action)}, batch.observation)
        return self._value(output), output[..., 0, -1]

    @torch.no_grad()
    def _goal(self, predict: Predict, target: Params, batch: Batch) -> Tensor:
        return self.options.goal(batch, self._value(predict(target, batch.next_observation)))

    def _value(self, output: Tensor) -> Tensor:
        return self.q_values(output)[..., 0]
