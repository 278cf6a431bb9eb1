"""Random actions that last: epsilon-greedy that gets somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from rlzoo.components.exploration.epsilon_greedy import Epsilon, EpsilonGreedy, EpsilonGreedyPolicy
from rlzoo.contracts import BuildSpec, ExplorationPolicy, Meta, State
from rlzoo.lanes.clock import Clock
from rlzoo_exploration import papers
from rlzoo_exploration.every_choice import require_every_choice_taken


@dataclass(frozen=True)
class EZGreedy(EpsilonGreedy):
    """Epsilon-greedy whose random actions are repeated, n times with chance ~ n^-mu (Dabney et al., 2021)."""

    reference: ClassVar[str] = papers.DABNEY_2021

    mu: Annotated[float, Meta(gt=1, description="how fast long repetitions become rare")] = 2.0
    longest: Annotated[int, Meta(ge=1, description="steps a random action may last at most")] = 10_000

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes.

        Raises OptionError as epsilon-greedy does, and where the objective asks for actions that are not taken.
        """
        require_every_choice_taken(spec, "ez-greedy")
        return EZGreedyPolicy(self.epsilon(spec), self.mu, self.longest, spec)


class EZGreedyPolicy(EpsilonGreedyPolicy):
    """Every environment tosses its own coin and repeats its own action, until its episode ends.

    `probabilities` are those of a new decision; what a repetition does lies in the past.
    """

    def __init__(self, epsilon: Epsilon, mu: float, longest: int, spec: BuildSpec) -> None:
        super().__init__(epsilon, spec)
        chances = np.arange(1, longest + 1) ** -mu
        self._bounds = (chances.cumsum() / chances.sum())[:-1]  # the longest takes what rounding leaves
        self.left = np.zeros((spec.lanes, spec.envs), np.int64)  # [L, N] steps the action will still be repeated
        self.repeated = np.zeros((spec.lanes, spec.envs), np.int64)  # [L, N]

    def observe(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Let go of what an episode that is over repeated."""
        self.left[begun] = 0

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, N, A]` -> actions `[L, N]`."""
        coin, anything, lasting = np.moveaxis(self.rng.random((q.shape[1], 3)), -1, 0)  # [L, N] each
        starts = (self.left == 0) & (coin < self.epsilon(clock))
        self.repeated = np.where(starts, (anything * q.shape[-1]).astype(np.int64), self.repeated)
        self.left = np.where(starts, 1 + np.searchsorted(self._bounds, lasting, side="right"), self.left)
        explores = self.left > 0
        self.left -= explores
        return np.where(explores, self.repeated, q.argmax(-1))

    def state(self) -> State:
        """What is repeated, and for how long still."""
        return {"left": self.left.copy(), "repeated": self.repeated.copy()}

    def load_state(self, state: State) -> None:
        """Go on repeating this."""
        self.left, self.repeated = state["left"], state["repeated"]
