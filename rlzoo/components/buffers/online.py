"""No replay: learn from every transition once, when it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec, Component, Explanation
from rlzoo.contracts.errors import OptionError
from rlzoo.registry import papers


@dataclass(frozen=True)
class Online(Component):
    """Only the transitions of the last vector step, one per environment (Watkins, 1989)."""

    reference: ClassVar[str] = papers.WATKINS_1989

    ignores: ClassVar[tuple[str, ...]] = ("train.batch_size",)

    def build(self, spec: BuildSpec) -> Buffer:
        """The buffer for `spec.lanes` lanes. Raises OptionError for `train.n_step`, unless sequences hold it."""
        if spec.n_step > 1 and spec.length == 1:
            raise OptionError("`train.n_step` has no effect with `buffer=online`, which holds one step")
        return OnlineBuffer(spec)


class OnlineBuffer(RingBuffer):
    """A ring of just one sample per environment: the last vector step, or the last `spec.length` of them."""

    def __init__(self, spec: BuildSpec) -> None:
        super().__init__(Ring(spec, spec.envs * spec.length))

    def sample(self, size: int | None) -> Batch:
        """`N` samples per lane, which begin `spec.length` vector steps ago."""
        return self.ring.gather(self.ring.latest_starts(self.ring.envs).expand(self.ring.lanes, -1))

    def sampling(self, batch: Batch) -> Explanation:
        """There is nothing else to sample."""
        return Explanation("There is no replay: the batch is what was just collected, and is forgotten afterwards.")
