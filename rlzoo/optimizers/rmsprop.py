"""RMSProp, as the 2015 agent used it and as libraries have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch

from rlzoo import papers
from rlzoo.interfaces import BuildSpec, Optimizer
from rlzoo.optimizers.stepper import NotNegative, Stepper, TorchStepper
from rlzoo.options import Meta


@dataclass(frozen=True)
class RMSProp(Stepper):
    """Steps scaled by a running mean of squared gradients (Tieleman & Hinton, 2012; Graves, 2013, centered).

    The agent of Mnih et al. (2015) has `decay_rate=0.95, eps=0.01, eps_place=inside, centered=true, lr=0.00025`.
    """

    reference: ClassVar[str] = f"{papers.TIELEMAN_2012}; {papers.GRAVES_2013}"

    decay_rate: Annotated[float, Meta(ge=0, lt=1, description="how slowly the running means forget")] = 0.95
    eps: Annotated[NotNegative, Meta(description="keeps the divisor from zero")] = 0.01
    eps_place: Annotated[
        Literal["inside", "outside"], Meta(description="sqrt(mean + eps), or sqrt(mean) + eps as torch has it")
    ] = "inside"
    centered: Annotated[bool, Meta(description="divide by the standard deviation, not the root mean square")] = True
    momentum: Annotated[float, Meta(ge=0, lt=1, description="how much of the last step is kept")] = 0.0

    def build(self, spec: BuildSpec) -> Optimizer:
        """The optimizer."""
        return TorchStepper(lambda leaves: InPlaceRMSProp(leaves, self), self.rate(spec), self.max_grad_norm)


class InPlaceRMSProp(torch.optim.Optimizer):
    """RMSProp with epsilon on either side of the root, and a variance that never rounds below zero; torch has neither.

    Nothing is allocated after the first step, since fresh memory costs more than the arithmetic.
    """

    def __init__(self, leaves: list[torch.Tensor], options: RMSProp) -> None:
        super().__init__(leaves, {"lr": options.lr})
        self.options = options
        self._scratch = {leaf: torch.empty_like(leaf) for leaf in leaves}
        kept = {"square": True, "mean": options.centered, "velocity": options.momentum > 0}
        self._slots = [name for name, needed in kept.items() if needed]

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Change every leaf by its gradient."""
        for group in self.param_groups:
            for leaf in group["params"]:
                self._move(leaf, leaf.grad, group["lr"], self.state[leaf])

    def _move(self, leaf: torch.Tensor, gradient: torch.Tensor, lr: float, slot: dict[str, Any]) -> None:
        if not slot:
            slot.update({name: torch.zeros_like(leaf) for name in self._slots})
        step = torch.div(gradient, self._divisor(leaf, gradient, slot), out=self._scratch[leaf])
        if "velocity" in slot:
            step = slot["velocity"].mul_(self.options.momentum).add_(step)
        leaf.sub_(step, alpha=lr)

    def _divisor(self, leaf: torch.Tensor, gradient: torch.Tensor, slot: dict[str, Any]) -> torch.Tensor:
        keep, eps, scratch = self.options.decay_rate, self.options.eps, self._scratch[leaf]
        square = slot["square"].mul_(keep).addcmul_(gradient, gradient, value=1 - keep)
        if self.options.centered:
            mean = slot["mean"].mul_(keep).add_(gradient, alpha=1 - keep)
            torch.addcmul(square, mean, mean, value=-1, out=scratch)
        else:
            scratch.copy_(square)
        # Rounding can take a centred variance below zero. No number is zero: torch takes roots of zeros slowly.
        scratch.clamp_(min=torch.finfo(scratch.dtype).tiny)
        return scratch.add_(eps).sqrt_() if self.options.eps_place == "inside" else scratch.sqrt_().add_(eps)
