"""Upper confidence bounds: a bonus for actions that were rarely tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from rlzoo.components.exploration.random_action import allowed
from rlzoo.contracts import PER_LANE, BuildSpec, Component, ExplorationPolicy, Meta
from rlzoo.lanes.settings import Setting, beside
from rlzoo_exploration import papers
from rlzoo_exploration.visits import CountingPolicy


@dataclass(frozen=True)
class UCB(Component):
    """The highest Q + c sqrt(ln t / n), over visits t to the state and n to the action (Auer et al., 2002)."""

    reference: ClassVar[str] = papers.AUER_2002

    c: Annotated[float, Meta(ge=0, description="weight of the bonus, in units of Q; sqrt 2 in the paper"), PER_LANE] = (
        2**0.5
    )

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes. Raises OptionError unless observations are Discrete."""
        return UCBPolicy(self.c, spec)


class UCBPolicy(CountingPolicy):
    """Deterministic: the same values and counts give the same action."""

    def __init__(self, c: Setting, spec: BuildSpec) -> None:
        super().__init__("ucb", spec)
        self.c = c

    def scores(self, q: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Upper bounds of confidence: q and counts `[L, N, A]` -> `[L, N, A]`."""
        visits = np.where(allowed(q), counts, 0).sum(-1, keepdims=True)
        return q + beside(self.c, q) * np.sqrt(np.log(np.maximum(visits, 1)) / counts)
