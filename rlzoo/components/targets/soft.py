"""A target network that is a running average of the online network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import Tensor

from rlzoo.components.targets.periodic import PeriodicUpdater
from rlzoo.contracts import PER_LANE, BuildSpec, Component, Meta, TargetUpdater
from rlzoo.lanes.clock import Unit
from rlzoo.lanes.settings import beside
from rlzoo.registry import papers


@dataclass(frozen=True)
class Soft(Component):
    """Polyak averaging of the target weights towards the online weights (Lillicrap et al., 2016)."""

    reference: ClassVar[str] = papers.LILLICRAP_2015

    tau: Annotated[
        float, Meta(gt=0, le=1, description="interpolation factor; 1 copies the online weights"), PER_LANE
    ] = 0.005
    period: Annotated[int, Meta(ge=1, description="interval between two updates, in `unit`")] = 1
    unit: Annotated[Unit, Meta(description="unit of the interval between two updates, counted per lane")] = "updates"

    @property
    def lockstep(self) -> bool:
        """Whether all lanes update at the same time; episodes end at different times in each lane."""
        return self.unit != "episodes"

    def build(self, spec: BuildSpec) -> TargetUpdater:
        """Build the updater."""
        return PeriodicUpdater(self.period, self.unit, self._move)

    def _move(self, target: Tensor, online: Tensor) -> None:
        if target.is_floating_point():
            target.lerp_(online, beside(self.tau, target))
        else:  # integer buffers of a network, such as counters
            target.copy_(online)
