"""The next action that is really taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlzoo.components.objectives.one_step import OneStep, OneStepObjective
from rlzoo.components.objectives.stored_action import of_next_action
from rlzoo.contracts import BuildSpec, NextAction, Objective
from rlzoo.registry import papers


@dataclass(frozen=True)
class Sarsa(OneStep):
    """The target `r + gamma * Q_target(s', a')`, a' the action taken next: on-policy (Rummery & Niranjan, 1994)."""

    reference: ClassVar[str] = papers.RUMMERY_1994

    def build(self, spec: BuildSpec) -> Objective:
        """The objective."""
        return SarsaObjective(self, of_next_action)


class SarsaObjective(OneStepObjective):
    """Asks for the exploration policy's next action in every transition."""

    next_action: ClassVar[NextAction] = "behaviour"
