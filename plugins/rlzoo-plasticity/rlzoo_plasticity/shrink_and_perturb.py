"""Shrink and perturb: smaller weights with noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from rlzoo.components.interventions.periodic import PeriodicIntervention
from rlzoo.contracts import BuildSpec, Component, Intervention, Learning, Meta
from rlzoo.lanes.clock import Clock
from rlzoo_plasticity import papers


@dataclass(frozen=True)
class ShrinkAndPerturb(Component):
    """Shrink all weights and add a fraction of newly initialized ones (Ash & Adams, 2020)."""

    reference: ClassVar[str] = papers.ASH_2020

    shrink: Annotated[float, Meta(ge=0, le=1, description="factor of the weights")] = 0.8
    perturb: Annotated[float, Meta(ge=0, description="factor of the newly initialized weights that are added")] = 0.2
    period: Annotated[int, Meta(ge=1, description="updates between two interventions")] = 20_000

    def build(self, spec: BuildSpec) -> Intervention:
        """Build the intervention."""
        return Shrinking(self)


class Shrinking(PeriodicIntervention):
    """Moments are kept; the target follows as it follows any other change."""

    def __init__(self, options: ShrinkAndPerturb) -> None:
        super().__init__(options.period)
        self.options = options

    def intervene(self, learning: Learning, clock: Clock) -> None:
        """Change every weight of the online network."""
        for name, fresh in learning.initial_weights().items():
            learning.online[name].mul_(self.options.shrink).add_(fresh.mul_(self.options.perturb))
