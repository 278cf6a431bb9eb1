"""What objectives with a single target value share: everything but the value of the next observation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.contracts import PER_LANE, Batch, Component, Explanation, Meta, Objective, ObjectiveKernel
from rlzoo.lanes.compiled import VALUES, compiled
from rlzoo.lanes.kernels import offered
from rlzoo.lanes.params import Params, Predict

if TYPE_CHECKING:
    from rlzoo.contracts.objective import ClosedForm

TARGET = "{target} = {reward} + {discount} × {next value}"
ERROR = "{error} = {target} − {prediction}"
NextValue = Callable[[Predict, Params, Params, Batch], Tensor]
"""`(predict, online, target, batch)` -> the value of the next observations, `[L, B]`."""


@compiled(VALUES)
def outputs_are_values(outputs: Any, numbers: Any, q: Any) -> None:
    """The network gives the values themselves."""
    q[:] = outputs


OUTPUTS_ARE_VALUES = ObjectiveKernel(outputs_are_values, np.zeros(0, np.float32))


@dataclass(frozen=True)
class OneStep(Component):
    """Options of every objective with the target `r + gamma * V(s')`."""

    gamma: Annotated[float, Meta(ge=0, le=1, description="discount per step"), PER_LANE] = 0.99
    loss: Annotated[
        Literal["mse", "half-mse", "huber"], Meta(description="loss of the error e: e^2, e^2/2, or Huber's with delta")
    ] = "mse"
    delta: (
        Annotated[
            float, Meta(gt=0, description="huber: the error above which the loss is linear; none means 1"), PER_LANE
        ]
        | None
    ) = None

    variants: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "loss": {"mse": (), "half-mse": (), "huber": ("delta",)}
    }

    def loss_of(self, error: Tensor) -> Tensor:
        """The loss of each error, `[...]` -> `[...]`."""
        if self.loss == "huber":
            return td.huber(error, 1.0 if self.delta is None else self.delta)
        return td.mse(error) if self.loss == "mse" else td.half_mse(error)

    def slope_of(self, error: Tensor) -> Tensor:
        """The derivative of `loss_of`, `[...]` -> `[...]`."""
        if self.loss == "huber":
            return td.clipped(error, 1.0 if self.delta is None else self.delta)
        return 2 * error if self.loss == "mse" else error


class ValueObjective(Objective, ABC):
    """Moves the value of the action taken towards a `goal`, which is the algorithm."""

    outputs = 1

    def __init__(self, options: OneStep) -> None:
        self.options, self.gamma = options, options.gamma

    @property
    def kernel(self) -> ObjectiveKernel:
        """Nothing to compute."""
        return OUTPUTS_ARE_VALUES

    def q_values(self, output: Tensor) -> Tensor:
        """The outputs are the values, `[..., A]`."""
        return output

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`; the error is goal minus prediction."""
        observation, action = self.taken(batch)
        q = predict(online, observation)  # [L, B, A]
        error = self.goal(predict, online, target, batch) - td.select(q, action)
        return self.options.loss_of(error), error.detach()

    @property
    def closed_form(self) -> ClosedForm | None:
        """The derivative of the error's loss, for the action taken."""
        return self._with_gradient if offered(self.options, "slope_of", "loss_of") else None

    def _with_gradient(
        self, predict: Predict, online: Params, target: Params, batch: Batch, weight: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        observation, action = self.taken(batch)
        q = predict(online, observation)
        with torch.no_grad():
            error = self.goal(predict, online, target, batch) - td.select(q, action)
            slope = td.spread(-weight * self.options.slope_of(error), action, q)
            return self.options.loss_of(error), error, slope

    def taken(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The observations `[L, B, ...]` and the actions taken there, `[L, B]`, whose values are learned."""
        return batch.observation, batch.action

    @abstractmethod
    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """What the value of the taken action should be, `[L, B]`, without a gradient."""


class OneStepObjective(ValueObjective):
    """`r + gamma * V(s')` as the goal; `next_value` is the algorithm."""

    def __init__(self, options: OneStep, next_value: NextValue) -> None:
        super().__init__(options)
        self.next_value = next_value

    @torch.no_grad()
    def goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Tensor:
        """What the value of the taken action should be, `[L, B]`."""
        next_value = self.next_value(predict, online, target, batch)
        return td.target(batch.reward, batch.terminated, batch.discount, next_value)

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """The value of the action taken, what it should be and, unless a subclass overrides `goal`, why."""
        with torch.no_grad():
            next_value = self.next_value(predict, online, target, batch)
        samples = {
            "prediction": td.select(predict(online, batch.observation), batch.action),
            "next value": next_value.masked_fill(batch.terminated, 0.0),
            "target": self.goal(predict, online, target, batch),
        }
        if type(self).goal is not OneStepObjective.goal:
            return Explanation(samples={name: samples[name] for name in ("prediction", "target")}, formula=ERROR)
        return Explanation(samples=samples, formula=f"{TARGET}, {ERROR}")
