"""Stochastic gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch

from rlzoo import papers
from rlzoo.interfaces import BuildSpec, Optimizer
from rlzoo.optimizers.stepper import Stepper, TorchStepper
from rlzoo.options import Meta


@dataclass(frozen=True)
class SGD(Stepper):
    """Steps along the gradient, with momentum if wanted (Robbins & Monro, 1951; Polyak, 1964)."""

    reference: ClassVar[str] = f"{papers.ROBBINS_1951}; {papers.POLYAK_1964}"

    momentum: Annotated[float, Meta(ge=0, lt=1, description="how much of the last step is kept")] = 0.0

    def build(self, spec: BuildSpec) -> Optimizer:
        """The optimizer; fused into one pass over each leaf."""

        def make(leaves: list[torch.Tensor]) -> torch.optim.Optimizer:
            return torch.optim.SGD(leaves, lr=self.lr, momentum=self.momentum, fused=True)

        return TorchStepper(make, self.rate(spec), self.max_grad_norm)
