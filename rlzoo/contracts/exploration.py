"""The exploration slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

from rlzoo.contracts.explanation import Explanation
from rlzoo.contracts.recorder import Recorder
from rlzoo.lanes.kernels import ExplorationKernel

if TYPE_CHECKING:
    import numpy as np

    from rlzoo.lanes.clock import Clock


class ExplorationPolicy(Recorder, ABC):
    """How actions are chosen while training.

    The Q value of a forbidden action is -inf (see `Environment.action_mask`); a policy never chooses it.
    """

    sees: ClassVar[Literal["values", "heads", "actions"]] = "values"
    """What `act` gets: `values`, the objective's Q values `[L, N, A]`; `heads`, those of each of its heads,
    `[L, N, A, K]`, for objectives with heads; `actions`, its greedy actions `[L, N, ...]`, also continuous ones."""

    @property
    def kernel(self) -> ExplorationKernel | None:
        """A compiled choice of one action that gives the bits of `act`; for policies that see `values` only.

        With a kernel, `observe` and `act` may not be called.
        """
        return None

    def observe(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Called before `act` with the observations `[L, N, ...]`, and which of them begin an episode, `[L, N]`."""
        return

    @abstractmethod
    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """Choose actions: q `[L, N, A]` -> `[L, N]` int64. Called once per vector step."""

    @abstractmethod
    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """The probability of every action under this policy now: q `[L, B, A]` -> `[L, B, A]`.

        Not called for continuous actions, which have none.
        """

    def explain(self, q: np.ndarray, action: np.ndarray, draws: np.ndarray, clock: Clock) -> Explanation:
        """Say how `act` has just chosen in environment 0, see `Explanation`.

        `q` `[L, N, ...]` is what it got and `action` `[L, N]` what it returned; `draws` `[L, D]` are the uniform
        numbers that it and `observe` took from `spec.rng`.
        """
        return Explanation()
