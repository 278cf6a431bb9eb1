"""The environment slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rlzoo.contracts.explanation import Explanation
from rlzoo.contracts.options import Component
from rlzoo.contracts.state import Part
from rlzoo.lanes.kernels import EnvironmentKernel

if TYPE_CHECKING:
    import gymnasium
    import numpy as np


class Environment(Part, ABC):
    """`L x N` environments stepped together. A finished one waits until it is reset: nothing resets by itself."""

    observation_space: gymnasium.Space[Any]
    action_space: Any
    """A `Discrete` space, or a `Box` for objectives with continuous actions."""

    action_mask: np.ndarray | None = None
    """Which actions are allowed now, `[L, N, A]` bool; None where the environment never forbids any.

    Set from construction on; `reset` and `step` replace it. A forbidden action is never taken or bootstrapped from.
    """

    @property
    def kernel(self) -> EnvironmentKernel | None:
        """A compiled step that gives the bits of `step`, for environments whose observations are float32 vectors.

        Environments that mask actions or override `learning_signal` have none.
        """
        return None

    def expect_seeds(self, upcoming: Callable[[int], np.ndarray]) -> None:
        """Called before the first reset with the seeds of later episodes, for engines that prepare them.

        `upcoming(k)` returns `[L, N, k]`, the seeds of the next `k` episodes of each environment; it may be called at
        any time. The seed that `reset` receives decides: it may be another one.
        """
        return

    @abstractmethod
    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin a new episode, seeded by `seeds` `[L, N]`, where `mask` `[L, N]` is true.

        Returns the current observation of every environment, `[L, N, ...]`, a fresh array.
        """

    @abstractmethod
    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Take `actions` `[L, N]`; returns fresh `(observation, reward, terminated, truncated)`, each `[L, N, ...]`.

        Raises `EnvironmentFailed`, naming lane and environment, when one of them fails.
        """

    def learning_signal(self, reward: np.ndarray, terminated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The reward and termination to learn from, where they differ from those recorded: both `[L, N]`.

        For environments whose rewards are clipped for learning, or in which more than the end of an episode counts as
        termination. Only the buffer gets the result, so recorded returns stay true.
        """
        return reward, terminated

    def explain(self, observation: np.ndarray) -> Explanation:
        """Name the numbers of an observation `[...]`, see `Explanation`."""
        return Explanation()

    @abstractmethod
    def close(self) -> None:
        """Release what the environments hold."""


class EnvironmentFamily(Component):
    """The options of a family of environments: `--env FAMILY/ID`, with a field `id` and further options."""

    id: str

    @abstractmethod
    def build(self, lanes: int, envs: int) -> Environment:
        """`lanes` x `envs` environments. Raises BadInput where there is no such environment."""

    def make(self, render_mode: str | None = None) -> gymnasium.Env[Any, Any] | None:
        """One environment to record a video of; None where the family cannot render."""
        return None
