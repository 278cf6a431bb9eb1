"""Counts of how often each action was chosen in each state, in every lane."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from gymnasium.spaces import Discrete

from rlzoo.components.exploration.greedy import greedy_probabilities
from rlzoo.components.exploration.random_action import allowed
from rlzoo.contracts import BuildSpec, Explanation, ExplorationPolicy, State
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.spaces import in_words
from rlzoo.lanes.clock import Clock


class CountingPolicy(ExplorationPolicy):
    """Chooses by Q values and visit counts; subclasses define the scores.

    Raises OptionError unless observations are Discrete.
    """

    def __init__(self, name: str, spec: BuildSpec) -> None:
        space = spec.observation_space
        if not isinstance(space, Discrete):
            raise OptionError(
                f"`exploration={name}` counts visits, so it needs Discrete observations, not {in_words(space)}"
            )
        self.first = int(space.start)
        self.counts = np.zeros((spec.lanes, int(space.n), spec.actions), np.int64)  # [L, S, A]
        self._lane = np.arange(spec.lanes)[:, None]
        self._states = np.zeros((spec.lanes, spec.envs), np.int64)  # [L, N]

    @abstractmethod
    def scores(self, q: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The chosen action has the highest score: q and how often each was chosen, `[L, N, A]` -> `[L, N, A]`."""

    def observe(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Remember the states in which `act` will choose."""
        self._states = observation - self.first

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, N, A]` -> actions `[L, N]`, the first of those never chosen if there is one."""
        counts = self.counts[self._lane, self._states]  # [L, N, A]
        scores = np.where(counts == 0, np.inf, self.scores(q, np.maximum(counts, 1)))
        action = np.where(allowed(q), scores, -np.inf).argmax(-1)
        np.add.at(self.counts, (self._lane, self._states, action), 1)  # environments may share a state
        return action

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """The greedy ones, which the policy approaches as counts grow: q `[L, B, A]` -> `[L, B, A]`."""
        return greedy_probabilities(q)

    def explain(self, q: np.ndarray, action: np.ndarray, draws: np.ndarray, clock: Clock) -> Explanation:
        """How often each action was chosen in this state before."""
        counts, chosen = self.counts[0, self._states[0, 0]], int(action[0, 0])
        before = counts - (np.arange(len(counts)) == chosen)
        return Explanation(
            f"In {before.sum():,} earlier visits to this state, action {chosen} was chosen {before[chosen]:,} times.",
            {f"choices of action {number}": count for number, count in enumerate(before.tolist())},
        )

    def state(self) -> State:
        """The counts."""
        return {"counts": self.counts.copy()}

    def load_state(self, state: State) -> None:
        """Restore the counts."""
        self.counts = state["counts"]
