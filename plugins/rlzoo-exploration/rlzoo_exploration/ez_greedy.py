"""Temporally extended epsilon-greedy exploration: random actions that are repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from rlzoo.components.exploration.epsilon_greedy import Epsilon, EpsilonGreedy, EpsilonGreedyPolicy
from rlzoo.components.exploration.random_action import allowed, random_action
from rlzoo.contracts import BuildSpec, Explanation, ExplorationPolicy, Meta, State
from rlzoo.contracts.explanation import digits
from rlzoo.lanes.clock import Clock
from rlzoo_exploration import papers


@dataclass(frozen=True)
class EZGreedy(EpsilonGreedy):
    """Epsilon-greedy whose random actions are repeated n times with probability ~ n^-mu (Dabney et al., 2021)."""

    reference: ClassVar[str] = papers.DABNEY_2021

    mu: Annotated[float, Meta(gt=1, description="exponent: how fast long repetitions become rare")] = 2.0
    longest: Annotated[int, Meta(ge=1, description="maximum steps a random action is repeated")] = 10_000

    def build(self, spec: BuildSpec) -> ExplorationPolicy:
        """The policy for `spec.lanes` lanes. Raises OptionError as epsilon-greedy does."""
        return EZGreedyPolicy(self.epsilon(spec), self.mu, self.longest, spec)


class EZGreedyPolicy(EpsilonGreedyPolicy):
    """Every environment flips its own coin and repeats its own action, at most until its episode ends.

    `probabilities` are those of a new decision; a repetition was decided earlier.
    """

    def __init__(self, epsilon: Epsilon, mu: float, longest: int, spec: BuildSpec) -> None:
        super().__init__(epsilon, spec)
        weights = np.arange(1, longest + 1) ** -mu
        self._bounds = (weights.cumsum() / weights.sum())[:-1]  # the longest gets what rounding leaves
        self.left = np.zeros((spec.lanes, spec.envs), np.int64)  # [L, N] remaining steps of the repeated action
        self.repeated = np.zeros((spec.lanes, spec.envs), np.int64)  # [L, N]
        self.explores = np.zeros((spec.lanes, spec.envs), np.bool_)  # [L, N] whether the last action was a random one

    def observe(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Stop repeating where a new episode begins."""
        self.left[begun] = 0

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, N, A]` -> actions `[L, N]`."""
        coin, anything, lasting = np.moveaxis(self.rng.random((q.shape[1], 3)), -1, 0)  # [L, N] each
        self.left[~np.take_along_axis(allowed(q), self.repeated[..., None], -1)[..., 0]] = 0  # forbidden by now
        starts = (self.left == 0) & (coin < self.epsilon(clock))
        self.repeated = np.where(starts, random_action(anything, q), self.repeated)
        self.left = np.where(starts, 1 + np.searchsorted(self._bounds, lasting, side="right"), self.left)
        self.explores = self.left > 0
        self.left -= self.explores
        return np.where(self.explores, self.repeated, q.argmax(-1))

    def explain(self, q: np.ndarray, action: np.ndarray, draws: np.ndarray, clock: Clock) -> Explanation:
        """Epsilon, the draw that decided, and what is repeated."""
        epsilon, coin, left = float(np.ravel(self.epsilon(clock))[0]), float(draws[0, 0]), int(self.left[0, 0])
        numbers = {"epsilon": epsilon, "draw": coin, "repetitions left": left}
        if self.explores[0, 0]:
            repeated = f"Action {int(action[0, 0])} was drawn at random, and is repeated for {left:,} more steps."
            return Explanation(repeated, numbers)
        known = f"Epsilon is {digits(epsilon)}, and the draw is {digits(coin)}"
        return Explanation(f"{known}, which is not below it: the best action is taken.", numbers)

    def state(self) -> State:
        """What is repeated, and for how many steps more."""
        return {"left": self.left.copy(), "repeated": self.repeated.copy()}

    def load_state(self, state: State) -> None:
        """Restore it."""
        self.left, self.repeated = state["left"], state["repeated"]
