"""What the built-in optimizers share: a torch optimizer over stacked leaves, a learning rate, a limit on gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor

from rlzoo import schedules
from rlzoo.errors import OptionError
from rlzoo.interfaces import BuildSpec, Optimizer, Params, State
from rlzoo.lanes.clock import Clock
from rlzoo.options import Meta

Rate = Callable[[Clock], float]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True)
class Stepper:
    """Options of every built-in optimizer."""

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


class TorchStepper(Optimizer):
    """Drives a torch optimizer. Those are elementwise, so lanes stay apart; the gradient limit is per lane."""

    def __init__(
        self, make: Callable[[list[Tensor]], torch.optim.Optimizer], rate: Rate, max_grad_norm: float | None
    ) -> None:
        self.make, self.rate, self.max_grad_norm = make, rate, max_grad_norm

    def start(self, params: Params) -> None:
        """Take the leaves `[L, ...]` to change."""
        self.leaves = list(params.values())
        self.optimizer = self.make(self.leaves)

    def step(self, clock: Clock) -> None:
        """Limit the gradients, set the rate, and change the leaves in place."""
        if self.max_grad_norm is not None:
            limit_norm([leaf.grad for leaf in self.leaves if leaf.grad is not None], self.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(clock)
        self.optimizer.step()

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """The learning rate."""
        return {"lr": self.rate(clock)}

    def state(self) -> State:
        """The optimizer's moments, by leaf and name."""
        slots = self.optimizer.state_dict()["state"]
        return {f"{i}.{name}": _plain(value) for i, slot in slots.items() for name, value in slot.items()}

    def load_state(self, state: State) -> None:
        """Go on with those moments."""
        slots: dict[int, dict[str, Any]] = {}
        for key, value in state.items():
            i, _, name = key.partition(".")
            slots.setdefault(int(i), {})[name] = None if value is None else torch.tensor(value)
        self.optimizer.load_state_dict({"state": slots, "param_groups": self.optimizer.state_dict()["param_groups"]})


def limit_norm(gradients: Sequence[Tensor], longest: float) -> None:
    """Scale each lane's gradients `[L, ...]`, in place, so that their norm over all leaves is `longest` at most."""
    squares = [gradient.reshape(len(gradient), -1).square().sum(1) for gradient in gradients]
    norm = torch.stack(squares).sum(0).sqrt()  # [L]
    factor = (longest / (norm + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor.view(-1, *[1] * (gradient.dim() - 1)))


def _plain(value: Any) -> Any:
    return value.cpu().numpy().copy() if isinstance(value, Tensor) else value
