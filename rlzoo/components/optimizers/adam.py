"""Adam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch.optim.adam import adam

from rlzoo.components.optimizers.stepper import NotNegative, Stepper, kernels
from rlzoo.contracts import PER_LANE, Meta
from rlzoo.lanes.settings import Setting, for_each_lane, groups
from rlzoo.registry import papers

Beta = Annotated[float, Meta(ge=0, lt=1)]


@dataclass(frozen=True)
class Adam(Stepper):
    """Adam: steps scaled by running moments of the gradient (Kingma & Ba, 2015)."""

    reference: ClassVar[str] = papers.KINGMA_2015
    compiled: ClassVar[str] = "adam"
    """The update in one pass, in `kernels`."""

    betas: Annotated[tuple[Beta, Beta], Meta(description="decay rates of the two moments"), PER_LANE] = (0.9, 0.999)
    eps: Annotated[NotNegative, Meta(description="added to the denominator, outside the square root"), PER_LANE] = 1e-8

    def begin(self, row: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """Initialize both moments and the number of steps."""
        moments = {"mean": torch.zeros_like(row), "square": torch.zeros_like(row)}
        return moments | {"steps": torch.zeros((), device=row.device)}

    def change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: Setting) -> None:
        """Update the row in one fused pass."""
        kept["steps"].add_(1)
        if (passes := kernels(row)) is None:
            return self._change(row, gradient, kept, lr)
        arrays = (tensor.detach().numpy() for tensor in (row, gradient, kept["mean"], kept["square"]))
        settings = (for_each_lane(setting, len(row)) for setting in (lr, *self.betas, self.eps))
        getattr(passes, self.compiled)(*arrays, *settings, kept["steps"].item())
        return None

    def _change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: Setting) -> None:
        """The same by PyTorch's fused pass."""
        for lanes, (rate, beta1, beta2, eps) in groups(len(row), lr, *self.betas, self.eps):
            adam(
                [row[lanes]],
                [gradient[lanes]],
                exp_avgs=[kept["mean"][lanes]],
                exp_avg_sqs=[kept["square"][lanes]],
                max_exp_avg_sqs=[],
                state_steps=[kept["steps"] - 1],
                lr=rate,
                beta1=beta1,
                beta2=beta2,
                eps=eps,
                weight_decay=0.0,
                amsgrad=False,
                maximize=False,
                fused=True,
            )
