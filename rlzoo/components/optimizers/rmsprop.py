"""RMSProp, as used by Mnih et al. (2015) and as in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch

from rlzoo.components.optimizers.stepper import NotNegative, Stepper, kernels, square_root
from rlzoo.contracts import PER_LANE, Meta
from rlzoo.lanes.settings import Setting, for_each_lane, groups
from rlzoo.registry import papers


@dataclass(frozen=True)
class RMSProp(Stepper):
    """RMSProp: steps scaled by running squared gradients (Tieleman & Hinton, 2012; centered: Graves, 2013).

    Mnih et al. (2015) use `decay_rate=0.95, eps=0.01, eps_place=inside, centered=true, lr=0.00025`.
    """

    reference: ClassVar[str] = f"{papers.TIELEMAN_2012}; {papers.GRAVES_2013}"

    decay_rate: Annotated[float, Meta(ge=0, lt=1, description="decay rate of the running means"), PER_LANE] = 0.95
    eps: Annotated[NotNegative, Meta(description="added to the denominator, to keep it positive"), PER_LANE] = 0.01
    eps_place: Annotated[
        Literal["inside", "outside"],
        Meta(description="sqrt(mean + eps), or sqrt(mean) + eps as in PyTorch"),
    ] = "inside"
    centered: Annotated[bool, Meta(description="divide by the standard deviation, not the root mean square")] = True
    momentum: Annotated[float, Meta(ge=0, lt=1, description="momentum factor"), PER_LANE] = 0.0

    def begin(self, row: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """Initialize the running means, and the velocity if there is momentum."""
        kept = {"square": True, "mean": self.centered, "velocity": np.any(self.momentum)}
        return {name: torch.zeros_like(row) for name, needed in kept.items() if needed}

    def change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: Setting) -> None:
        """Update the running means and divide the gradient by their scale."""
        if (compiled := kernels(row)) is None:
            return self._change(row, gradient, kept, lr)
        states = (kept.get(name, kept["square"]) for name in ("square", "mean", "velocity"))
        arrays = (tensor.detach().numpy() for tensor in (row, gradient, *states))
        settings = (for_each_lane(setting, len(row)) for setting in (lr, self.decay_rate, self.eps, self.momentum))
        compiled.rmsprop(self.centered, self.eps_place == "inside", "velocity" in kept)(*arrays, *settings)
        return None

    def _change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: Setting) -> None:
        """The same, one operation at a time."""
        for lanes, (rate, decay, eps, momentum) in groups(len(row), lr, self.decay_rate, self.eps, self.momentum):
            step, square = gradient[lanes], kept["square"][lanes]
            variance = square.mul_(decay).addcmul_(step, step, value=1 - decay)
            if self.centered:
                mean = kept["mean"][lanes].mul_(decay).add_(step, alpha=1 - decay)
                variance = variance.addcmul(mean, mean, value=-1)
            # Rounding can make a centered variance negative. It is clamped above zero: square roots of zero are slow.
            variance = variance.clamp(min=torch.finfo(variance.dtype).tiny)
            inside = self.eps_place == "inside"
            step.div_(square_root(variance.add_(eps)) if inside else square_root(variance).add_(eps))
            if momentum:
                step = kept["velocity"][lanes].mul_(momentum).add_(step)
            row[lanes].sub_(step, alpha=rate)
