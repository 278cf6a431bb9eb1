"""Adam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch.optim.adam import adam

from rlzoo.components.optimizers.stepper import NotNegative, Stepper
from rlzoo.contracts import Meta
from rlzoo.registry import papers

Beta = Annotated[float, Meta(ge=0, lt=1)]


@dataclass(frozen=True)
class Adam(Stepper):
    """Adam: steps scaled by running moments of the gradient (Kingma & Ba, 2015)."""

    reference: ClassVar[str] = papers.KINGMA_2015

    betas: Annotated[tuple[Beta, Beta], Meta(description="decay rates of the two moments")] = (0.9, 0.999)
    eps: Annotated[NotNegative, Meta(description="added to the denominator, outside the square root")] = 1e-8

    def begin(self, row: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """Initialize both moments and the number of steps."""
        moments = {"mean": torch.zeros_like(row), "square": torch.zeros_like(row)}
        return moments | {"steps": torch.zeros((), device=row.device)}

    def change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: float) -> None:
        """Update the row in one fused pass."""
        adam(
            [row],
            [gradient],
            exp_avgs=[kept["mean"]],
            exp_avg_sqs=[kept["square"]],
            max_exp_avg_sqs=[],
            state_steps=[kept["steps"]],
            lr=lr,
            beta1=self.betas[0],
            beta2=self.betas[1],
            eps=self.eps,
            weight_decay=0.0,
            amsgrad=False,
            maximize=False,
            fused=True,
        )
