"""What the built-in optimizers share: a learning rate, a limit on gradients, and arrays kept from step to step.

They use torch's functions, not its `Optimizer` classes: the first of these that is made imports torch's compiler, which
takes over a second.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor

from rlzoo.contracts import BuildSpec, Component, Meta, Optimizer, State
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes import schedules
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params

Rate = Callable[[Clock], float]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True)
class Stepper(Component):
    """Options of every built-in optimizer, and the rule by which it changes parameters."""

    lr: Annotated[Positive, Meta(description="learning rate at first")] = 1e-3
    schedule: Annotated[
        Literal["constant", "linear", "inverse-time"], Meta(description="how the learning rate changes")
    ] = "constant"
    end: Annotated[NotNegative, Meta(description="linear: the rate at the end of the run; none means 0")] | None = None
    decay: (
        Annotated[
            NotNegative,
            Meta(description="inverse-time: lr / (1 + decay * updates); none means 0.001"),
        ]
        | None
    ) = None
    max_grad_norm: (
        Annotated[Positive, Meta(description="longest gradient, over all of a lane's parameters; none means no limit")]
        | None
    ) = None

    variants: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "schedule": {"constant": (), "linear": ("end",), "inverse-time": ("decay",)}
    }

    @abstractmethod
    def begin(self, row: Tensor) -> Mapping[str, Tensor]:
        """What is kept from step to step, by name, before the first; the row `[L, P]` is what will be changed."""

    @abstractmethod
    def change(self, row: Tensor, gradient: Tensor, kept: Mapping[str, Tensor], lr: float) -> None:
        """Change the row, and what is kept, in place and elementwise; the gradient `[L, P]` may be used up."""

    def build(self, spec: BuildSpec) -> Optimizer:
        """The optimizer."""
        return RowOptimizer(self, self.rate(spec))

    def rate(self, spec: BuildSpec) -> Rate:
        """The learning rate by the clock. Raises OptionError for `linear` in a run counted in episodes."""
        if self.schedule == "constant":
            return lambda _: self.lr
        if self.schedule == "inverse-time":
            decay = 1e-3 if self.decay is None else self.decay
            return lambda clock: schedules.inverse_time(self.lr, decay, clock.updates)
        if spec.steps is None:
            raise OptionError("`optimizer.schedule=linear` is over the run's steps, but this run counts episodes")
        end, steps = self.end or 0.0, spec.steps
        return lambda clock: schedules.linear(self.lr, end, steps, clock.steps)


class RowOptimizer(Optimizer):
    """Changes the row by the rule of its options; the gradient limit is per lane, all else elementwise."""

    def __init__(self, rule: Stepper, rate: Rate) -> None:
        self.rule, self.rate = rule, rate

    def start(self, params: Params) -> None:
        """Take the one leaf `[L, P]` to change."""
        (self.row,) = params.values()
        with torch.no_grad():
            self.kept = dict(self.rule.begin(self.row))

    @torch.no_grad()
    def step(self, clock: Clock) -> None:
        """Limit the gradient, and change the row in place."""
        gradient = self.row.grad
        assert gradient is not None
        if self.rule.max_grad_norm is not None:
            limit_norm(gradient, self.rule.max_grad_norm)
        self.rule.change(self.row, gradient, self.kept, self.rate(clock))

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """The learning rate."""
        return {"lr": self.rate(clock)}

    def state(self) -> State:
        """What the rule keeps."""
        return {name: value.cpu().numpy().copy() for name, value in self.kept.items()}

    def load_state(self, state: State) -> None:
        """Go on with that."""
        for name, value in self.kept.items():
            value.copy_(torch.as_tensor(state[name]))


def limit_norm(gradient: Tensor, longest: float) -> None:
    """Scale each lane's gradient `[L, P]`, in place, so that its norm is `longest` at most."""
    norm = gradient.square().sum(1, keepdim=True).sqrt()
    gradient.mul_((longest / (norm + 1e-6)).clamp(max=1.0))
