"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch

from rlzoo.components.optimizers.stepper import Stepper
from rlzoo.contracts import Meta
from rlzoo.registry import papers


@dataclass(frozen=True)
class SGD(Stepper):
    """Steps along the gradient, with momentum if wanted (Robbins & Monro, 1951; Polyak, 1964)."""

    reference: ClassVar[str] = f"{papers.ROBBINS_1951}; {papers.POLYAK_1964}"

    momentum: Annotated[float, Meta(ge=0, lt=1, description="how much of the last step is kept")] = 0.0

    def begin(self, row: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """The velocity, where there is momentum."""
        return {"velocity": torch.zeros_like(row)} if self.momentum else {}

    def change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: float) -> None:
        """Along the gradient, or along the velocity that it adds to."""
        step = kept["velocity"].mul_(self.momentum).add_(gradient) if self.momentum else gradient
        row.sub_(step, alpha=lr)
