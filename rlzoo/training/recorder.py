"""Remembers the transitions of training, for runs that record them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rlzoo.contracts import Environment, State, Transition
from rlzoo.lanes.clock import Clock

Step = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""The fields of a `Transition`, in order, of one vector step: `[L, N, ...]` each."""


class Recorder(Environment):
    """An environment that remembers every vector step until `take`, and otherwise is the one it is made from.

    It has no kernel, so each step is taken by itself.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.observation_space, self.action_space = environment.observation_space, environment.action_space
        self.action_mask = environment.action_mask
        self.forget()

    def forget(self, done: int = 0) -> None:
        """Begin after `done` vector steps: what came before is recorded already, or not part of training."""
        self._steps: list[Step] = []
        self._taken = done  # vector steps

    def take(self, ends: Mapping[int, int]) -> dict[int, Transition]:
        """The transitions since the last call of each lane, `[T, N, ...]`.

        `ends` is the number of vector steps after which each lane's training is over, or where it is now.
        """
        steps, begin = self._steps, self._taken
        self._steps, self._taken = [], begin + len(steps)
        arrays = [np.stack(arrays) for arrays in zip(*steps, strict=True)]  # [T, L, N, ...]
        counts = {lane: max(end - begin, 0) for lane, end in ends.items()}
        return {lane: _of_lane(arrays, lane, count) for lane, count in counts.items() if steps}

    def expect_seeds(self, upcoming: Callable[[int], np.ndarray]) -> None:
        """Pass them on."""
        self.environment.expect_seeds(upcoming)

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin the episodes of the environment."""
        self._observation = self.environment.reset(mask, seeds)
        self.action_mask = self.environment.action_mask
        return self._observation

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Take a step in the environment, and remember it."""
        result = self.environment.step(actions)
        after, reward, terminated, truncated = result
        self._steps.append((self._observation, np.copy(actions), reward, after, terminated, truncated))
        self._observation, self.action_mask = after, self.environment.action_mask
        return result

    def learning_signal(self, reward: np.ndarray, terminated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """That of the environment."""
        return self.environment.learning_signal(reward, terminated)

    def state(self) -> State:
        """That of the environment."""
        return self.environment.state()

    def load_state(self, state: State) -> None:
        """Restore that of the environment."""
        self.environment.load_state(state)

    def metrics(self, clock: Clock) -> Mapping[str, object]:
        """Those of the environment."""
        return self.environment.metrics(clock)

    def close(self) -> None:
        """Close the environment."""
        self.environment.close()


def _of_lane(arrays: Sequence[np.ndarray], lane: int, count: int) -> Transition:
    """The first `count` vector steps of a lane, from arrays `[T, L, N, ...]`."""
    observation, action, reward, after, terminated, truncated = (array[:count, lane] for array in arrays)
    return Transition(observation, action, reward, after, terminated, truncated)
