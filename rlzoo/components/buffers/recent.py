"""Consecutive batches: learn from the latest transitions, in the order in which they came."""

from __future__ import annotations

from dataclasses import dataclass

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec, Component, Explanation
from rlzoo.contracts.errors import OptionError


@dataclass(frozen=True)
class Recent(Component):
    """The latest `train.batch_size` consecutive transitions: the correlated batches that replay is meant to avoid."""

    def build(self, spec: BuildSpec) -> Buffer:
        """The buffer for `spec.lanes` lanes. Raises OptionError where a batch is smaller than one vector step."""
        return RecentBuffer(spec)


class RecentBuffer(RingBuffer):
    """A ring as long as a batch."""

    def __init__(self, spec: BuildSpec) -> None:
        if spec.batch_size is None:
            raise OptionError("`buffer=recent` needs `train.batch_size`")
        super().__init__(Ring(spec, spec.batch_size + (spec.length - 1) * spec.envs))

    def sample(self, size: int | None) -> Batch:
        """The latest `size` samples of each lane, oldest first, or as many as there are."""
        starts = self.ring.starts
        newest = self.ring.latest_starts(min(size or starts, starts))
        return self.ring.gather(newest.expand(self.ring.lanes, -1))

    def sampling(self, batch: Batch) -> Explanation:
        """There is nothing to draw."""
        size = batch.index.shape[1]
        return Explanation(
            f"The batch is the latest {size:,} transitions in their order, which are similar to each other."
        )
