"""Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch

from rlzoo import papers
from rlzoo.interfaces import BuildSpec, Optimizer
from rlzoo.optimizers.stepper import NotNegative, Stepper, TorchStepper
from rlzoo.options import Meta

Beta = Annotated[float, Meta(ge=0, lt=1)]


@dataclass(frozen=True)
class Adam(Stepper):
    """Steps scaled by running moments of the gradient (Kingma & Ba, 2015)."""

    reference: ClassVar[str] = papers.KINGMA_2015

    betas: Annotated[tuple[Beta, Beta], Meta(description="how slowly the two moments forget")] = (0.9, 0.999)
    eps: Annotated[NotNegative, Meta(description="added outside the root")] = 1e-8

    def build(self, spec: BuildSpec) -> Optimizer:
        """The optimizer; fused into one pass over each leaf."""

        def make(leaves: list[torch.Tensor]) -> torch.optim.Optimizer:
            return torch.optim.Adam(leaves, lr=self.lr, betas=self.betas, eps=self.eps, fused=True)

        return TorchStepper(make, self.rate(spec), self.max_grad_norm)
