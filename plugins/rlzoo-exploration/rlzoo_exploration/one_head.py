"""Bootstrapped DQN's exploration: act by one of several Q functions for a whole episode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from rlzoo.components.exploration.greedy import greedy_probabilities
from rlzoo.contracts import BuildSpec, Component, Explanation, ExplorationPolicy, State
from rlzoo.lanes.clock import Clock
from rlzoo_exploration import papers


@dataclass(frozen=True)
class OneHead(Component):
    """The best action of one head, drawn for each episode; needs an objective with heads (Osband et al., 2016)."""

    reference: ClassVar[str] = papers.OSBAND_2016

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes."""
        return OneHeadPolicy(spec)


class OneHeadPolicy(ExplorationPolicy):
    """Every environment of a lane draws its own head."""

    sees: ClassVar[Literal["values", "heads"]] = "heads"

    def __init__(self, spec: BuildSpec) -> None:
        self.rng, self.heads = spec.rng, spec.outputs
        self.head = np.zeros((spec.lanes, spec.envs), np.int64)  # [L, N]

    def observe(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Draw a head where an episode begins."""
        # Drawn for all environments, so a lane's stream does not depend on when other lanes' episodes end.
        self.head = np.where(begun, self.rng.integers(self.heads, begun.shape[1:]), self.head)

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, N, A, K]` -> actions `[L, N]`."""
        return np.take_along_axis(q, self.head[..., None, None], -1)[..., 0].argmax(-1)

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """The fraction of the heads that would take each action: q `[L, B, A, K]` -> `[L, B, A]`."""
        votes = greedy_probabilities(np.swapaxes(q, -1, -2))  # [L, B, K, A]
        return votes.sum(-2) / q.shape[-1]

    def explain(self, q: np.ndarray, action: np.ndarray, draws: np.ndarray, clock: Clock) -> Explanation:
        """The head of this episode, and its values."""
        head = int(self.head[0, 0])
        values = {f"Q of action {number}": value for number, value in enumerate(q[0, 0, :, head].tolist())}
        return Explanation(
            f"Head {head} of {self.heads} was drawn for this episode, and its best action is taken.",
            {"head": head, **values},
        )

    def state(self) -> State:
        """The heads of the running episodes."""
        return {"head": self.head.copy()}

    def load_state(self, state: State) -> None:
        """Restore them."""
        self.head = state["head"]
