"""RMSProp, as used by Mnih et al. (2015) and as in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch

from rlzoo.components.optimizers.stepper import NotNegative, Stepper
from rlzoo.contracts import Meta
from rlzoo.registry import papers


@dataclass(frozen=True)
class RMSProp(Stepper):
    """RMSProp: steps scaled by running squared gradients (Tieleman & Hinton, 2012; centered: Graves, 2013).

    Mnih et al. (2015) use `decay_rate=0.95, eps=0.01, eps_place=inside, centered=true, lr=0.00025`.
    """

    reference: ClassVar[str] = f"{papers.TIELEMAN_2012}; {papers.GRAVES_2013}"

    decay_rate: Annotated[float, Meta(ge=0, lt=1, description="decay rate of the running means")] = 0.95
    eps: Annotated[NotNegative, Meta(description="added to the denominator, to keep it positive")] = 0.01
    eps_place: Annotated[
        Literal["inside", "outside"],
        Meta(description="sqrt(mean + eps), or sqrt(mean) + eps as in PyTorch"),
    ] = "inside"
    centered: Annotated[bool, Meta(description="divide by the standard deviation, not the root mean square")] = True
    momentum: Annotated[float, Meta(ge=0, lt=1, description="momentum factor")] = 0.0

    def begin(self, row: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """Initialize the running means. The divisor is a reused buffer: allocating costs more than computing."""
        kept = {"square": True, "mean": self.centered, "velocity": self.momentum > 0, "divisor": True}
        return {name: torch.zeros_like(row) for name, needed in kept.items() if needed}

    def change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: float) -> None:
        """Update the running means and divide the gradient by their scale, without allocating memory."""
        kept["square"].mul_(self.decay_rate).addcmul_(gradient, gradient, value=1 - self.decay_rate)
        if self.centered:
            kept["mean"].mul_(self.decay_rate).add_(gradient, alpha=1 - self.decay_rate)
        step = gradient.div_(self._divisor(kept))
        if self.momentum:
            step = kept["velocity"].mul_(self.momentum).add_(step)
        row.sub_(step, alpha=lr)

    def _divisor(self, kept: Mapping[str, torch.Tensor]) -> torch.Tensor:
        divisor = kept["divisor"]
        if self.centered:
            torch.addcmul(kept["square"], kept["mean"], kept["mean"], value=-1, out=divisor)
        else:
            divisor.copy_(kept["square"])
        # Rounding can make a centred variance negative. It is clamped above zero, since square roots of zero are slow.
        divisor.clamp_(min=torch.finfo(divisor.dtype).tiny)
        return divisor.add_(self.eps).sqrt_() if self.eps_place == "inside" else divisor.sqrt_().add_(self.eps)
