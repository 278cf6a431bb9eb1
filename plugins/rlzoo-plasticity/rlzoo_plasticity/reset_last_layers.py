"""Resets of the last layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import nn

from rlzoo.components.interventions.periodic import PeriodicIntervention
from rlzoo.contracts import BuildSpec, Component, Intervention, Learning, Meta
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock
from rlzoo_plasticity import papers
from rlzoo_plasticity.layers import layers_of


@dataclass(frozen=True)
class ResetLastLayers(Component):
    """Initialize the last layers anew, with the target's and the optimizer's moments (Nikishin et al., 2022)."""

    reference: ClassVar[str] = papers.NIKISHIN_2022

    layers: Annotated[int, Meta(ge=1, description="number of layers that are reset")] = 1
    period: Annotated[int, Meta(ge=1, description="updates between two resets")] = 20_000

    def build(self, spec: BuildSpec) -> Intervention:
        """Build the intervention."""
        return Reset(self)


class Reset(PeriodicIntervention):
    """The other layers and the replay buffer stay as they are, so that what was lost is learned again quickly."""

    def __init__(self, options: ResetLastLayers) -> None:
        super().__init__(options.period)
        self.layers = options.layers

    def check(self, module: nn.Module) -> None:
        """Raise OptionError for more layers than there are."""
        if self.layers > len(layers_of(module)):
            raise OptionError(
                f"`intervention.layers` is {self.layers}, but the network has {len(layers_of(module))} layers"
            )

    def intervene(self, learning: Learning, clock: Clock) -> None:
        """Reset weights, those of the target, and moments."""
        fresh = learning.initial_weights()
        for name in (name for layer in layers_of(learning.module)[-self.layers :] for name in layer):
            learning.online[name].copy_(fresh[name])
            learning.target[name].copy_(fresh[name])
            for moment in learning.moments:
                moment[name].zero_()
