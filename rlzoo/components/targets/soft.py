"""A target network that trails the online one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import Tensor

from rlzoo.components.targets.periodic import PeriodicUpdater
from rlzoo.contracts import BuildSpec, Component, Meta, TargetUpdater
from rlzoo.lanes.clock import Unit
from rlzoo.registry import papers


@dataclass(frozen=True)
class Soft(Component):
    """Move the target weights a part of the way to the online ones, Polyak averaging (Lillicrap et al., 2016)."""

    reference: ClassVar[str] = papers.LILLICRAP_2015

    tau: Annotated[float, Meta(gt=0, le=1, description="the part of the way; 1 is a copy")] = 0.005
    period: Annotated[int, Meta(ge=1, description="how many units lie between two moves")] = 1
    unit: Annotated[Unit, Meta(description="what the period counts, in each lane")] = "updates"

    @property
    def lockstep(self) -> bool:
        """Whether all lanes move at the same time; episodes end in each lane at their own."""
        return self.unit != "episodes"

    def build(self, spec: BuildSpec) -> TargetUpdater:
        """The updater."""
        return PeriodicUpdater(self.period, self.unit, self._move)

    def _move(self, target: Tensor, online: Tensor) -> None:
        if target.is_floating_point():
            target.lerp_(online, self.tau)
        else:  # counters among a network's buffers
            target.copy_(online)
