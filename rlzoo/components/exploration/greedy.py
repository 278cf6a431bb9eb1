"""Always the best action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rlzoo.components.exploration.compiled_policy import CompiledPolicy, best
from rlzoo.contracts import BuildSpec, Component, Explanation, ExplorationPolicy
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.compiled import ACT, compiled
from rlzoo.registry import papers


@dataclass(frozen=True)
class Greedy(Component):
    """Always the action with the highest value: no exploration but that of optimistic initial values."""

    reference: ClassVar[str] = papers.SUTTON_2018

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy."""
        return GreedyPolicy(spec)


@compiled(ACT)
def exploit(q: Any, draws: Any, numbers: Any) -> Any:
    """The best action."""
    return best(q)


class GreedyPolicy(CompiledPolicy):
    """The first of the best actions."""

    choose, draws = exploit, 0

    def numbers(self, clock: Clock) -> Any:
        """None are needed."""
        return 0.0

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, B, A]` -> 1 for the action taken, 0 for the others, `[L, B, A]`."""
        return greedy_probabilities(q)

    def explain(self, q: np.ndarray, action: np.ndarray, draws: np.ndarray, clock: Clock) -> Explanation:
        """There is no chance in it."""
        return Explanation(f"Action {int(action[0, 0])} has the highest value, so it is taken: nothing is drawn.")


def greedy_probabilities(q: np.ndarray) -> np.ndarray:
    """1 for the first of the highest values, 0 elsewhere: `[..., A]` -> `[..., A]`."""
    return (np.arange(q.shape[-1]) == q.argmax(-1)[..., None]).astype(q.dtype)
