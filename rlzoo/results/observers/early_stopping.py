"""Early stopping at a return."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated, Any, ClassVar

from rlzoo.contracts import Component, Episode, Meta, Observer, StoppingRule
from rlzoo.contracts.log import WINDOW


@dataclass(frozen=True)
class EarlyStopping(Component):
    """Stop a seed once its mean return over the last 100 episodes is high enough (`--stop-at`)."""

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = ({"early-stopping.at": 0.0},)

    at: Annotated[float, Meta(description="mean return at which a seed stops")]

    def build(self) -> Observer:
        """Build the observer."""
        return EarlyStoppingObserver(self.at)


class EarlyStoppingObserver(Observer):
    """Supplies the rule, and nothing else."""

    def __init__(self, at: float) -> None:
        self.at = at

    def stopping_rule(self) -> StoppingRule:
        """The rule."""
        return ReturnReached(self.at)


class ReturnReached(StoppingRule):
    """Stops once the mean return over the last `WINDOW` episodes is at least `at`."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.returns = deque[float](maxlen=WINDOW)

    def stops(self, episode: Episode) -> bool:
        """Whether there are `WINDOW` episodes, and their mean is high enough."""
        self.returns.append(episode.episode_return)
        return len(self.returns) == WINDOW and fmean(self.returns) >= self.at

    def state(self) -> Mapping[str, Any]:
        """The last returns."""
        return {"returns": list(self.returns)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore them."""
        self.returns.extend(state["returns"])
