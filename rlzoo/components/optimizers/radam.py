"""Rectified Adam."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch

from rlzoo.components.optimizers.adam import Adam
from rlzoo.components.optimizers.stepper import square_root
from rlzoo.lanes.settings import Setting, groups
from rlzoo.registry import papers


@dataclass(frozen=True)
class RAdam(Adam):
    """Adam whose first steps are scaled down while its second moment is uncertain (Liu et al., 2020)."""

    reference: ClassVar[str] = papers.LIU_2020
    compiled: ClassVar[str] = "radam"

    def _change(self, row: torch.Tensor, gradient: torch.Tensor, kept: Mapping[str, torch.Tensor], lr: Setting) -> None:
        """The same, one operation at a time."""
        steps = kept["steps"].item()
        for lanes, (rate, beta1, beta2, eps) in groups(len(row), lr, *self.betas, self.eps):
            g = gradient[lanes]
            mean = kept["mean"][lanes].mul_(beta1).add_(g * (1 - beta1))
            square = kept["square"][lanes].mul_(beta2).add_(g.square() * (1 - beta2))
            factor = rectification(beta2, steps)
            step = mean if factor is None else mean / square_root(square.clone()).add_(eps)
            row[lanes].add_(step * (-rate / (1 - beta1**steps) * (1 if factor is None else factor)))


def rectification(beta2: float, steps: float) -> float | None:
    """What Adam's step number `steps` is multiplied by; None while the variance of the second moment is intractable.

    It includes the correction of the second moment's bias.
    """
    left, most = 1 - beta2**steps, 2 / (1 - beta2) - 1
    rho = most - 2 * steps * beta2**steps / left
    if rho <= 5:
        return None
    return math.sqrt(left * (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
