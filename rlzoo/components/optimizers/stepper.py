"""The base of the built-in optimizers: learning-rate schedules, gradient clipping, and optimizer state.

They use torch's functions instead of its `Optimizer` classes, since creating the first of those imports the compiler,
which takes over a second. On a CPU the rules with many operations are one compiled pass.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import PER_LANE, BuildSpec, Component, Explanation, Meta, Optimizer, State
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.explanation import digits
from rlzoo.lanes import schedules
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params
from rlzoo.lanes.settings import Setting

COMPILED = ("cpu",)
"""The devices for which update rules are compiled."""
Rate = Callable[[Clock], Setting]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True)
class Stepper(Component):
    """The options of every built-in optimizer, and its update rule."""

    lr: Annotated[Positive, Meta(description="initial learning rate"), PER_LANE] = 1e-3
    schedule: Annotated[Literal["constant", "linear", "inverse-time"], Meta(description="learning-rate schedule")] = (
        "constant"
    )
    end: Annotated[NotNegative, Meta(description="linear: final learning rate; none means 0"), PER_LANE] | None = None
    decay: (
        Annotated[
            NotNegative,
            Meta(description="inverse-time: lr / (1 + decay * updates); none means 0.001"),
            PER_LANE,
        ]
        | None
    ) = None
    max_grad_norm: (
        Annotated[Positive, Meta(description="gradient-norm limit (per lane); none disables clipping"), PER_LANE] | None
    ) = None

    variants: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "schedule": {"constant": (), "linear": ("end",), "inverse-time": ("decay",)}
    }

    @abstractmethod
    def begin(self, row: Tensor) -> Mapping[str, Tensor]:
        """Return the initial optimizer state by name, for the parameters `row` `[L, P]`."""

    @abstractmethod
    def change(self, row: Tensor, gradient: Tensor, kept: Mapping[str, Tensor], lr: Setting) -> None:
        """Update the row and the state `kept` in place, elementwise; the gradient `[L, P]` may be overwritten."""

    def build(self, spec: BuildSpec) -> Optimizer:
        """Build the optimizer."""
        return RowOptimizer(self, self.rate(spec))

    def rate(self, spec: BuildSpec) -> Rate:
        """Return the learning-rate schedule. Raises OptionError for `linear` in a run counted in episodes."""
        if self.schedule == "constant":
            return lambda _: self.lr
        if self.schedule == "inverse-time":
            decay = 1e-3 if self.decay is None else self.decay
            return lambda clock: schedules.inverse_time(self.lr, decay, clock.updates)
        if spec.steps is None:
            raise OptionError("`optimizer.schedule=linear` needs `train.steps`, but this run counts episodes")
        end, steps = 0.0 if self.end is None else self.end, spec.steps
        return lambda clock: schedules.linear(self.lr, end, steps, clock.steps)


class RowOptimizer(Optimizer):
    """Applies the update rule of the options to the row, after clipping the gradient norm per lane."""

    def __init__(self, rule: Stepper, rate: Rate) -> None:
        self.rule, self.rate = rule, rate

    def start(self, params: Params) -> None:
        """Keep the single tensor `[L, P]` that `step` updates."""
        (self.row,) = params.values()
        with torch.no_grad():
            self.kept = dict(self.rule.begin(self.row))

    @torch.no_grad()
    def step(self, clock: Clock) -> None:
        """Clip the gradient and update the row in place."""
        gradient = self.row.grad
        assert gradient is not None
        if self.rule.max_grad_norm is not None:
            clip_norm(gradient, self.rule.max_grad_norm)
        self.rule.change(self.row, gradient, self.kept, self.rate(clock))

    def moments(self) -> Sequence[Tensor]:
        """The optimizer state that has the shape of the parameters."""
        return [value for value in self.kept.values() if value.shape == self.row.shape]

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """The learning rate."""
        return {"lr": np.squeeze(self.rate(clock))}

    def explain(self, clock: Clock) -> Explanation:
        """The learning rate, and the limit of the gradient norm."""
        rate, limit = self.rate(clock), self.rule.max_grad_norm
        clipped = "" if limit is None else f" Gradients longer than {digits(limit)} are shortened to that."
        numbers = {"learning rate": rate} | ({} if limit is None else {"gradient-norm limit": limit})
        return Explanation(f"The learning rate is {digits(rate)}.{clipped}", numbers)

    def state(self) -> State:
        """The optimizer state."""
        return {name: value.cpu().numpy().copy() for name, value in self.kept.items()}

    def load_state(self, state: State) -> None:
        """Restore the optimizer state."""
        for name, value in self.kept.items():
            value.copy_(torch.as_tensor(state[name]))


def kernels(row: Tensor) -> Any:
    """The module of compiled update rules; None where the row is on a device for which there are none."""
    return import_module("rlzoo.components.optimizers.kernels") if row.device.type in COMPILED else None


def clip_norm(gradient: Tensor, limit: Setting) -> None:
    """Scale each lane's gradient `[L, P]`, in place, so that its norm is at most `limit`."""
    norm = gradient.square().sum(1, keepdim=True).sqrt()
    limits = torch.as_tensor(limit, dtype=norm.dtype, device=norm.device)
    gradient.mul_((limits / (norm + 1e-6)).clamp(max=1.0))


def square_root(variance: Tensor) -> Tensor:
    """Square roots, in place; on a CPU by NumPy, which rounds correctly (PyTorch with MKL does not)."""
    if variance.device.type != "cpu":
        return variance.sqrt_()
    np.sqrt(variance.numpy(), out=variance.numpy())
    return variance
