"""Combined experience replay: the latest transition is in every batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec, Meta
from rlzoo_replay import papers


@dataclass(frozen=True)
class Combined:
    """Even replay whose batches always hold the latest transition (Zhang & Sutton, 2017)."""

    reference: ClassVar[str] = papers.ZHANG_2017

    capacity: Annotated[int, Meta(ge=1, description="transitions kept per lane")] = 10_000

    def build(self, spec: BuildSpec) -> Buffer:
        """The buffer for `spec.lanes` lanes. Raises OptionError where one vector step would not fit."""
        return CombinedBuffer(spec, self.capacity)


class CombinedBuffer(RingBuffer):
    """A ring of transitions, sampled evenly but for the latest, which begin a batch."""

    def __init__(self, spec: BuildSpec, capacity: int) -> None:
        super().__init__(Ring(spec, capacity))
        self.rng = spec.rng

    def sample(self, size: int | None) -> Batch:
        """`size` transitions per lane, among them the latest of each environment as far as `size` goes."""
        assert size is not None
        index = torch.from_numpy(self.rng.integers(len(self), (size,)))  # [L, B]
        latest = self.ring.latest(min(self.ring.envs, size))
        index[:, : len(latest)] = latest
        return self.ring.gather(index)
