"""Uniform experience replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec, Component, Explanation, Meta
from rlzoo.contracts.explanation import digits
from rlzoo.registry import papers


@dataclass(frozen=True)
class Uniform(Component):
    """Replay that samples uniformly from the last transitions (Lin, 1992; Mnih et al., 2015)."""

    reference: ClassVar[str] = f"{papers.LIN_1992}; {papers.MNIH_2015}"

    capacity: Annotated[int, Meta(ge=1, description="transitions kept per lane")] = 10_000
    replacement: Annotated[bool, Meta(description="whether a batch may contain a transition twice")] = True

    def build(self, spec: BuildSpec) -> Buffer:
        """The buffer for `spec.lanes` lanes. Raises OptionError where one vector step would not fit."""
        return UniformBuffer(spec, Ring(spec, self.capacity), self.replacement)


class UniformBuffer(RingBuffer):
    """A ring of transitions, sampled uniformly."""

    def __init__(self, spec: BuildSpec, ring: Ring, replacement: bool) -> None:
        super().__init__(ring)
        if replacement:  # otherwise a batch is no larger than the buffer
            ring.check_batch(spec.batch_size)
        self.rng, self.replacement = spec.rng, replacement

    def sample(self, size: int | None) -> Batch:
        """`size` samples per lane; without replacement no more than there are."""
        assert size is not None
        number = self.rng.integers(self.ring.starts, (size,)) if self.replacement else self._distinct(size)
        return self.ring.gather(torch.from_numpy(self.ring.start(number)))

    def sampling(self, batch: Batch) -> Explanation:
        """Each transition is as likely as any other."""
        starts, size = self.ring.starts, batch.index.shape[1]
        how = "each draw" if self.replacement else "no transition twice, each"
        chance = 1 / starts if self.replacement else size / starts
        return Explanation(
            f"All {starts:,} transitions are equally likely: {how} with a probability of {digits(chance)}.",
            {"transitions": starts, "probability": chance},
        )

    def _distinct(self, size: int) -> np.ndarray:
        starts = self.ring.starts
        size = min(size, starts)
        last = np.arange(starts - size, starts)
        candidates = (self.rng.random((size,)) * (last + 1)).astype(np.int64)  # [L, size], the i-th up to last[i]
        return np.array([_without_replacement(lane, last.tolist()) for lane in candidates.tolist()])


def _without_replacement(candidates: list[int], last: list[int]) -> list[int]:
    """One lane's sample by Floyd's algorithm, which needs no permutation of the buffer (Bentley, 1987)."""
    chosen: dict[int, None] = {}  # a set that keeps its order
    for candidate, otherwise in zip(candidates, last, strict=True):
        chosen[otherwise if candidate in chosen else candidate] = None
    return list(chosen)
