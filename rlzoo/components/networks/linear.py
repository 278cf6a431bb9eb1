"""A single linear layer: linear function approximation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from rlzoo.components.networks.inputs import ScaleOption, as_features, per_action
from rlzoo.contracts import BuildSpec, QNetwork
from rlzoo.registry import papers


@dataclass(frozen=True)
class Linear(QNetwork):
    """Q values that are linear in the observation (Sutton & Barto, 2018, 9.4)."""

    flattens: ClassVar[bool] = True
    reference: ClassVar[str] = papers.SUTTON_2018

    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, A]`, or `[B, A, K]`."""
        first, width = as_features(spec.observation_space, self.scale)
        return nn.Sequential(*first, nn.Linear(width, spec.actions * spec.outputs), *per_action(spec.outputs))
