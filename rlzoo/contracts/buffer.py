"""The buffer slot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rlzoo.contracts.environment import Environment
from rlzoo.contracts.explanation import Explanation
from rlzoo.contracts.state import Part
from rlzoo.contracts.transition import Batch, Transition
from rlzoo.lanes.kernels import Storage

if TYPE_CHECKING:
    from torch import Tensor


class Buffer(Part, ABC):
    """The transitions of `L` lanes, and which of them to learn from."""

    offline: ClassVar[bool] = False
    """Whether it has all transitions from the start, so that nothing is collected and `add` is not called."""

    rollouts: ClassVar[bool] = False
    """Whether all updates between two vector steps learn from the same transitions, those collected since the updates
    before; then `prepare` lets an objective see them as a whole."""

    def check_memory(self, lanes: int) -> None:
        """Raise BadInput if this machine has too little memory for a buffer of that many lanes. By default never."""
        return

    def prefill(self, environment: Environment, seeds: Sequence[int]) -> None:
        """Called once, before the first episode: add transitions from elsewhere. By default none.

        `seeds` are those of the lanes; draw from separately named streams, so that training stays the same.
        """
        return

    @abstractmethod
    def add(self, transition: Transition) -> None:
        """Store one vector step: `N` transitions in each lane."""

    @property
    def storage(self) -> Storage | None:
        """The ring that compiled steps may write to instead of calling `add`; then `stored` is called."""
        return None

    def stored(self, count: int) -> None:
        """Called after `count` transitions of each lane have been written to the `storage`."""
        raise NotImplementedError

    @abstractmethod
    def sample(self, size: int | None) -> Batch:
        """Up to `size` transitions per lane, every lane from its own stream.

        With `spec.length` above 1: sequences of that many steps, see `Batch`.
        """

    def prepare(self, compute: Callable[[Batch], Mapping[str, Tensor]]) -> None:
        """Called before the updates, with `rollouts` and an objective that needs them: add columns to the rollout.

        `compute` takes the rollout as a `Batch` of single steps, `[L, N, T, ...]` for `T` steps of `N` environments,
        and returns columns `[L, N, T, ...]`, which `sample` adds to `Batch.columns`.
        """
        raise NotImplementedError

    @property
    def ready(self) -> bool:
        """Whether there is anything to sample."""
        return len(self) > 0

    def feedback(self, index: Tensor, td_error: Tensor) -> None:
        """Receive the TD errors of the last batch: both `[L, B]`. Called after every update."""
        return

    def age(self, index: Tensor) -> Tensor | None:
        """How many transitions each lane has added after those at a batch's `index` `[L, B]`; None if unknown."""
        return None

    def explain(self, batch: Batch | None) -> Explanation:
        """Say how the batch was just sampled, or without a batch where the last transition is; see `Explanation`."""
        return Explanation()

    @abstractmethod
    def __len__(self) -> int:
        """Transitions held per lane."""
