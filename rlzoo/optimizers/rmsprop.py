"""RMSProp, as the 2015 agent used it and as libraries have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch

from rlzoo.interfaces import BuildSpec, Optimizer
from rlzoo.optimizers.stepper import NotNegative, Stepper, TorchStepper
from rlzoo.options import Meta


@dataclass(frozen=True)
class RMSProp(Stepper):
    """Steps scaled by a running mean of squared gradients (Tieleman & Hinton, 2012; Graves, 2013, centered).

    The agent of Mnih et al. (2015) has `decay_rate=0.95, eps=0.01, eps_place=inside, centered=true, lr=0.00025`.
    """

    decay_rate: Annotated[float, Meta(ge=0, lt=1, description="how slowly the running means forget")] = 0.95
    eps: Annotated[NotNegative, Meta(description="keeps the divisor from zero")] = 0.01
    eps_place: Annotated[
        Literal["inside", "outside"], Meta(description="sqrt(mean + eps), or sqrt(mean) + eps as torch has it")
    ] = "inside"
    centered: Annotated[bool, Meta(description="divide by the standard deviation, not the root mean square")] = True
    momentum: Annotated[float, Meta(ge=0, lt=1, description="how much of the last step is kept")] = 0.0

    def build(self, spec: BuildSpec) -> Optimizer:
        """The optimizer."""

        def make(leaves: list[torch.Tensor]) -> torch.optim.Optimizer:
            if self.eps_place == "inside":
                return InsideRMSProp(leaves, self)
            return torch.optim.RMSprop(
                leaves, self.lr, self.decay_rate, self.eps, centered=self.centered, momentum=self.momentum
            )

        return TorchStepper(make, self.rate(spec), self.max_grad_norm)


class InsideRMSProp(torch.optim.Optimizer):
    """RMSProp with epsilon under the root, which torch does not offer."""

    def __init__(self, leaves: list[torch.Tensor], options: RMSProp) -> None:
        super().__init__(leaves, {"lr": options.lr})
        self.options = options

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Change every leaf by its gradient."""
        for group in self.param_groups:
            for leaf in group["params"]:
                self._move(leaf, leaf.grad, group["lr"], self.state[leaf])

    def _move(self, leaf: torch.Tensor, gradient: torch.Tensor, lr: float, slot: dict[str, Any]) -> None:
        if not slot:
            slot.update({name: torch.zeros_like(leaf) for name in ("square", "mean", "velocity")})
        keep = self.options.decay_rate
        slot["square"].mul_(keep).addcmul_(gradient, gradient, value=1 - keep)
        variance = slot["square"]
        if self.options.centered:
            slot["mean"].mul_(keep).add_(gradient, alpha=1 - keep)
            variance = variance.addcmul(slot["mean"], slot["mean"], value=-1)
        # Rounding can take a centred variance a little below zero.
        step = gradient / (variance.clamp(min=0) + self.options.eps).sqrt()
        slot["velocity"].mul_(self.options.momentum).add_(step)
        leaf.sub_(slot["velocity"], alpha=lr)
