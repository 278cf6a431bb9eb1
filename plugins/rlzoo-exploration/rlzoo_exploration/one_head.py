"""One of several Q functions for a whole episode: as if it were true, to see where that leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from rlzoo.components.exploration.greedy import best
from rlzoo.contracts import BuildSpec, ExplorationPolicy, State
from rlzoo.lanes.clock import Clock
from rlzoo_exploration import papers


@dataclass(frozen=True)
class OneHead:
    """The best action of one head, drawn anew for each episode; for objectives with heads (Osband et al., 2016)."""

    reference: ClassVar[str] = papers.OSBAND_2016

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes."""
        return OneHeadPolicy(spec)


class OneHeadPolicy(ExplorationPolicy):
    """Every environment of a lane draws a head of its own."""

    sees: ClassVar[Literal["values", "heads"]] = "heads"

    def __init__(self, spec: BuildSpec) -> None:
        self.rng, self.heads = spec.rng, spec.outputs
        self.head = np.zeros((spec.lanes, spec.envs), np.int64)  # [L, N]

    def observe(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Draw a head where an episode begins."""
        # Drawn for all, whoever begins: so a lane's stream does not depend on when the other lanes' episodes end.
        self.head = np.where(begun, self.rng.integers(self.heads, begun.shape[1:]), self.head)

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, N, A, K]` -> actions `[L, N]`."""
        return np.take_along_axis(q, self.head[..., None, None], -1)[..., 0].argmax(-1)

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """The part of the heads that would take each action: q `[L, B, A, K]` -> `[L, B, A]`."""
        votes = best(np.swapaxes(q, -1, -2))  # [L, B, K, A]
        return votes.sum(-2) / q.shape[-1]

    def state(self) -> State:
        """The heads of the episodes that are going on."""
        return {"head": self.head.copy()}

    def load_state(self, state: State) -> None:
        """Go on acting by these."""
        self.head = state["head"]
