"""No target network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlzoo.contracts import BuildSpec, Component, TargetUpdater
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.params import Params
from rlzoo.registry import papers


@dataclass(frozen=True)
class NoTarget(Component):
    """Bootstrap from the online network itself: the moving target (Mnih et al., 2013, had no other)."""

    reference: ClassVar[str] = papers.MNIH_2013

    def build(self, spec: BuildSpec) -> TargetUpdater:
        """The updater."""
        return NoUpdater()


class NoUpdater(TargetUpdater):
    """The target parameters are the online ones."""

    def start(self, online: Params) -> Params:
        """The very same tensors."""
        return online

    def update(self, online: Params, target: Params, clock: Clock) -> None:
        """Nothing to do: they are shared."""
