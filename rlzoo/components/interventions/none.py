"""No intervention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlzoo.contracts import BuildSpec, Component, Intervention, Learning
from rlzoo.lanes.clock import Clock
from rlzoo.registry import papers


@dataclass(frozen=True)
class NoIntervention(Component):
    """No intervention: only updates change the network (Mnih et al., 2015)."""

    reference: ClassVar[str] = papers.MNIH_2015

    def build(self, spec: BuildSpec) -> Intervention:
        """Build the intervention."""
        return Nothing()


class Nothing(Intervention):
    """Never intervenes."""

    def due(self, clock: Clock) -> bool:
        """Never."""
        return False

    def intervene(self, learning: Learning, clock: Clock) -> None:
        """Do nothing."""
