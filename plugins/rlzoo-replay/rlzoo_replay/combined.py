"""Combined experience replay: every batch includes the latest transition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec, Component, Explanation, Meta
from rlzoo_replay import papers


@dataclass(frozen=True)
class Combined(Component):
    """Uniform replay whose batches always include the latest transition (Zhang & Sutton, 2017)."""

    reference: ClassVar[str] = papers.ZHANG_2017

    capacity: Annotated[int, Meta(ge=1, description="transitions kept per lane")] = 10_000

    def build(self, spec: BuildSpec) -> Buffer:
        """Build the buffer for `spec.lanes` lanes. Raises OptionError if one vector step exceeds the capacity."""
        return CombinedBuffer(spec, self.capacity)


class CombinedBuffer(RingBuffer):
    """A ring buffer, sampled uniformly, except that a batch starts with the latest transitions."""

    def __init__(self, spec: BuildSpec, capacity: int) -> None:
        super().__init__(Ring(spec, capacity))
        self.rng = spec.rng

    def sample(self, size: int | None) -> Batch:
        """Sample `size` transitions per lane, starting with the latest of each environment (at most `size` of them)."""
        assert size is not None
        starts = self.ring.starts
        index = torch.from_numpy(self.ring.start(self.rng.integers(starts, (size,))))  # [L, B]
        latest = self.ring.latest_starts(min(self.ring.envs, size, starts))
        index[:, : len(latest)] = latest
        return self.ring.gather(index)

    def sampling(self, batch: Batch) -> Explanation:
        """The latest transitions, and others."""
        starts, latest = self.ring.starts, min(self.ring.envs, batch.index.shape[1], self.ring.starts)
        first = "transition" if latest == 1 else f"{latest:,} transitions"
        return Explanation(
            f"The batch begins with the latest {first}. The others are drawn from {starts:,}, all equally likely.",
            {"transitions": starts, "latest": latest},
        )
