"""A target network that is copied now and then."""

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

    period: Annotated[int, Meta(ge=1, description="how many units lie between two copies")] = 500
    unit: Annotated[Unit, Meta(description="what the period counts, in each lane")] = "steps"

    @property
    def lockstep(self) -> bool:
        """Whether all lanes copy at the same time; episodes end in each lane at their own."""
        return self.unit != "episodes"

    def build(self, spec: BuildSpec) -> TargetUpdater:
        """The updater."""
        return PeriodicUpdater(self.period, self.unit, Tensor.copy_)
