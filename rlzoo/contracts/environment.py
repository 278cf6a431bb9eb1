"""The environment slot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import gymnasium
    import numpy as np


class Environment(Protocol):
    """`L x N` environments stepped together. A finished one waits until it is reset: nothing resets by itself."""

    observation_space: gymnasium.Space[Any]
    action_space: gymnasium.spaces.Discrete

    def expect_seeds(self, upcoming: Callable[[int], np.ndarray]) -> None:
        """Hear, before the first reset, how later episodes will be seeded.

        `upcoming(k)` is `[L, N, k]`, the seeds of the next `k` episodes of each environment, whenever it is asked. An
        engine may prepare those. What counts is the seed that `reset` is given: it may be another one.
        """
        return

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin a new episode, seeded by `seeds` `[L, N]`, where `mask` `[L, N]` is true.

        Returns the current observation of every environment, `[L, N, ...]`, a fresh array.
        """
        ...

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Take `actions` `[L, N]`; returns fresh `(observation, reward, terminated, truncated)`, each `[L, N, ...]`.

        Raises `rlzoo.contracts.errors.EnvironmentFailed` naming lane and environment when one of them fails.
        """
        ...

    def learning_signal(self, reward: np.ndarray, terminated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What to learn from the last step, where that is not what happened: `(reward, terminated)`, both `[L, N]`.

        An environment whose rewards are clipped for learning, or where more counts as an end than ends an episode,
        says so here, so that recorded returns stay true. Only the buffer gets the result; by default it is the same.
        """
        return reward, terminated

    def close(self) -> None:
        """Release what the environments hold."""
        ...
