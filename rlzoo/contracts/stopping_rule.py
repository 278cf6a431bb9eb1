"""Rules that stop a seed before the end of its run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from rlzoo.contracts.log import Episode


class StoppingRule(ABC):
    """Decides after each episode of one seed whether this seed stops training.

    An observer supplies it. Every seed has a copy, which is called where the seed trains, possibly in another process:
    it must pickle, and depend on nothing but the episodes. So the decision is exact.
    """

    @abstractmethod
    def stops(self, episode: Episode) -> bool:
        """Whether the seed stops after this episode. Called once per finished training episode, in order."""

    def state(self) -> Mapping[str, Any]:
        """What the rule remembers, as plain data: arrays, numbers, strings, and lists of them. By default nothing."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `state` returned. Called once, on a new copy."""
        return
