"""The exploration slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from rlzoo.contracts.state import Stateful

if TYPE_CHECKING:
    import numpy as np

    from rlzoo.lanes.clock import Clock


class ExplorationPolicy(Stateful, Protocol):
    """How actions are chosen from Q values while training."""

    sees: ClassVar[Literal["values", "heads"]] = "values"
    """What `act` and `probabilities` are given as `q`: the objective's Q values `[L, N, A]`, or with `"heads"` those of
    each of its heads, `[L, N, A, K]`; then an objective without heads is refused."""

    def observe(self, observation: np.ndarray, begun: np.ndarray) -> None:
        """Hear where `act` is about to choose: observations `[L, N, ...]`, and which begin an episode, `[L, N]`."""
        return

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """Choose actions: q `[L, N, A]` -> `[L, N]` int64.

        Called once a vector step; twice where `next_action` is `"behaviour"`, and then not every choice is taken.
        """
        ...

    def probabilities(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """The chance of every action under this policy now: q `[L, B, A]` -> `[L, B, A]`."""
        ...

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """Numbers worth a column in metrics.csv, each one for all lanes or `[L]`."""
        return {}
