"""Always the best action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rlzoo.contracts import BuildSpec, Component, ExplorationPolicy
from rlzoo.lanes.clock import Clock
from rlzoo.registry import papers


@dataclass(frozen=True)
class Greedy(Component):
    """Always the action with the highest value: no exploration but that of optimistic initial values."""

    reference: ClassVar[str] = papers.SUTTON_2018

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy."""
        return GreedyPolicy()


class GreedyPolicy(ExplorationPolicy):
    """The first of the best actions."""

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, N, A]` -> actions `[L, N]`."""
        return q.argmax(-1)

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, B, A]` -> 1 for the action taken, 0 for the others, `[L, B, A]`."""
        return greedy_probabilities(q)


def greedy_probabilities(q: np.ndarray) -> np.ndarray:
    """1 for the first of the highest values, 0 elsewhere: `[..., A]` -> `[..., A]`."""
    return (np.arange(q.shape[-1]) == q.argmax(-1)[..., None]).astype(q.dtype)
