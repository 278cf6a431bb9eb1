"""No target network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlzoo.contracts import BuildSpec, Component, Explanation, TargetUpdater
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params
from rlzoo.registry import papers


@dataclass(frozen=True)
class NoTarget(Component):
    """No target network: bootstrap from the online network (Mnih et al., 2013)."""

    reference: ClassVar[str] = papers.MNIH_2013

    def build(self, spec: BuildSpec) -> TargetUpdater:
        """Build the updater."""
        return NoUpdater()


class NoUpdater(TargetUpdater):
    """The target parameters are the online parameters."""

    def start(self, online: Params) -> Params:
        """Return the online parameters themselves, not a copy."""
        return online

    def next_step(self, clock: Clock) -> int | None:
        """Never."""
        return None

    def update(self, online: Params, target: Params, clock: Clock) -> None:
        """Do nothing: the parameters are shared."""

    def explain(self, clock: Clock) -> Explanation:
        """There is none."""
        return Explanation("There is no target network, so an update also moves the targets of all transitions.")
