"""Experience replay: learn from transitions drawn evenly from the recent past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.buffers.ring import Evict, Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec, Meta
from rlzoo.registry import papers


@dataclass(frozen=True)
class Uniform:
    """Replay that samples evenly from the last transitions (Lin, 1992; Mnih et al., 2015)."""

    reference: ClassVar[str] = f"{papers.LIN_1992}; {papers.MNIH_2015}"

    capacity: Annotated[int, Meta(ge=1, description="transitions kept per lane")] = 10_000
    evict: Annotated[Evict, Meta(description="which end gives way once the buffer is full")] = "oldest"
    replacement: Annotated[bool, Meta(description="whether a batch may hold a transition twice")] = True

    def build(self, spec: BuildSpec) -> Buffer:
        """The buffer for `spec.lanes` lanes. Raises OptionError where one vector step would not fit."""
        return UniformBuffer(spec, self)


class UniformBuffer(RingBuffer):
    """A ring of transitions, sampled evenly."""

    def __init__(self, spec: BuildSpec, options: Uniform) -> None:
        super().__init__(Ring(spec, options.capacity, options.evict))
        self.rng = spec.rng
        self.replacement = options.replacement

    def sample(self, size: int | None) -> Batch:
        """`size` transitions per lane; without replacement no more than there are."""
        assert size is not None
        return self.ring.gather(self._with(size) if self.replacement else self._without(size))

    def _with(self, size: int) -> Tensor:
        return torch.from_numpy(self.rng.integers(len(self), (size,)))

    def _without(self, size: int) -> Tensor:
        held = len(self)
        size = min(size, held)
        last = np.arange(held - size, held)
        candidates = (self.rng.random((size,)) * (last + 1)).astype(np.int64)  # [L, size], the i-th up to last[i]
        return torch.tensor([_distinct(lane, last.tolist()) for lane in candidates.tolist()])


def _distinct(candidates: list[int], last: list[int]) -> list[int]:
    """One lane's sample without replacement, by Floyd's algorithm: no permutation of the buffer (Bentley, 1987)."""
    chosen: dict[int, None] = {}  # a set that keeps its order
    for candidate, otherwise in zip(candidates, last, strict=True):
        chosen[otherwise if candidate in chosen else candidate] = None
    return list(chosen)
