"""A target network copied from the online network at fixed intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import Tensor

from rlzoo.components.targets.periodic import PeriodicUpdater
from rlzoo.contracts import BuildSpec, Component, Meta, TargetUpdater
from rlzoo.lanes.clock import Unit
from rlzoo.registry import papers


@dataclass(frozen=True)
class Hard(Component):
    """Copy the online weights into the target network at fixed intervals (Mnih et al., 2015)."""

    reference: ClassVar[str] = papers.MNIH_2015

    period: Annotated[int, Meta(ge=1, description="interval between two copies, in `unit`")] = 500
    unit: Annotated[Unit, Meta(description="unit of the period, counted per lane")] = "steps"

    @property
    def lockstep(self) -> bool:
        """Whether all lanes copy at the same time; episodes end at different times in each lane."""
        return self.unit != "episodes"

    def build(self, spec: BuildSpec) -> TargetUpdater:
        """Build the updater."""
        return PeriodicUpdater(self.period, self.unit, Tensor.copy_)
