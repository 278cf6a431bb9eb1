"""Boltzmann exploration: better actions more often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from scipy.special import softmax

from rlzoo.components.exploration.random_action import allowed
from rlzoo.contracts import BuildSpec, Component, ExplorationPolicy, Meta
from rlzoo.lanes.clock import Clock
from rlzoo.registry import papers


@dataclass(frozen=True)
class Boltzmann(Component):
    """Actions with probabilities proportional to exp(Q / temperature) (Sutton, 1990)."""

    reference: ClassVar[str] = papers.SUTTON_1990

    temperature: Annotated[
        float, Meta(gt=0, description="temperature in units of Q: low is greedy, high is random")
    ] = 1.0

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes."""
        return BoltzmannPolicy(self.temperature, spec)


class BoltzmannPolicy(ExplorationPolicy):
    """One draw per environment, compared with the cumulative probabilities."""

    def __init__(self, temperature: float, spec: BuildSpec) -> None:
        self.temperature, self.rng = temperature, spec.rng

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, N, A]` -> actions `[L, N]`."""
        bounds = self.probabilities(q, clock).cumsum(-1)
        drawn = (self.rng.random((q.shape[1],))[..., None] >= bounds).sum(-1)
        last = q.shape[-1] - 1 - allowed(q)[..., ::-1].argmax(-1)  # the last allowed action gets what rounding leaves
        return np.minimum(drawn, last)

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, B, A]` -> the probability of each action, `[L, B, A]`."""
        return softmax(q.astype(np.float64) / self.temperature, axis=-1)
