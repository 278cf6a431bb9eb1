"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch

from rlzoo.components.optimizers.stepper import Stepper
from rlzoo.contracts import PER_LANE, Meta
from rlzoo.lanes.settings import Setting, groups
from rlzoo.registry import papers


@dataclass(frozen=True)
class SGD(Stepper):
    """Stochastic gradient descent, optionally with momentum (Robbins & Monro, 1951; Polyak, 1964)."""

    reference: ClassVar[str] = f"{papers.ROBBINS_1951}; {papers.POLYAK_1964}"

    momentum: Annotated[float, Meta(ge=0, lt=1, description="momentum factor"), PER_LANE] = 0.0

    def begin(self, row: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """Initialize the velocity, if there is momentum."""
        return {"velocity": torch.zeros_like(row)} if np.any(self.momentum) else {}

    def change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: Setting) -> None:
        """Step along the gradient, or along the velocity if there is momentum."""
        for lanes, (rate, momentum) in groups(len(row), lr, self.momentum):
            step = kept["velocity"][lanes].mul_(momentum).add_(gradient[lanes]) if momentum else gradient[lanes]
            row[lanes].sub_(step, alpha=rate)
