"""Boltzmann exploration: better actions more often."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from scipy.special import softmax

from rlzoo.components.exploration.compiled_policy import CompiledPolicy, best
from rlzoo.contracts import PER_LANE, BuildSpec, Component, Explanation, ExplorationPolicy, Meta
from rlzoo.contracts.explanation import digits
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.compiled import ACT, compiled
from rlzoo.lanes.settings import Setting, beside
from rlzoo.registry import papers


@dataclass(frozen=True)
class Boltzmann(Component):
    """Actions with probabilities proportional to exp(Q / temperature) (Sutton, 1990)."""

    reference: ClassVar[str] = papers.SUTTON_1990

    temperature: Annotated[
        float, Meta(gt=0, description="temperature in units of Q: low is greedy, high is random"), PER_LANE
    ] = 1.0

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes."""
        return BoltzmannPolicy(self.temperature, spec)


@compiled(ACT)
def draw_by_value(q: Any, draws: Any, numbers: Any) -> Any:
    """The action at which the cumulative weights, exp(Q / temperature), pass a uniform share of their sum."""
    highest, total, chosen = np.float64(q[best(q)]), 0.0, 0
    for action in range(len(q)):
        total += math.exp((q[action] - highest) / numbers[0])
    left = draws[0] * total
    for action in range(len(q)):
        weight = math.exp((q[action] - highest) / numbers[0])
        if weight > 0:  # the last allowed action gets what rounding leaves
            chosen = action
            left -= weight
            if left < 0:
                break
    return chosen


class BoltzmannPolicy(CompiledPolicy):
    """One draw per environment, compared with the cumulative weights."""

    choose, draws = draw_by_value, 1

    def __init__(self, temperature: Setting, spec: BuildSpec) -> None:
        super().__init__(spec)
        self.temperature = temperature

    def numbers(self, clock: Clock) -> Any:
        """The temperature."""
        return self.temperature

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, B, A]` -> the probability of each action, `[L, B, A]`."""
        return softmax(q.astype(np.float64) / beside(self.temperature, q), axis=-1)

    def explain(self, q: np.ndarray, action: np.ndarray, draws: np.ndarray, clock: Clock) -> Explanation:
        """The probabilities, and the draw that decided."""
        chances, chosen = self.probabilities(q[:, :1], clock)[0, 0], int(action[0, 0])
        return Explanation(
            f"At temperature {digits(self.temperature)}, action {chosen} has probability {digits(chances[chosen])}. "
            f"The draw is {digits(draws[0, 0])}, and the probabilities of the actions up to {chosen} add up to "
            f"{digits(chances[: chosen + 1].sum())}.",
            {"temperature": self.temperature, "draw": draws[0, 0]}
            | {f"probability of action {number}": chance for number, chance in enumerate(chances.tolist())},
        )
