"""Experience replay: learn from transitions drawn evenly from the recent past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from rlzoo.buffers.ring import Evict, Ring, RingBuffer
from rlzoo.interfaces import Batch, Buffer, BuildSpec
from rlzoo.options import Meta


@dataclass(frozen=True)
class Uniform:
    """Replay that samples evenly from the last transitions (Lin, 1992; Mnih et al., 2015)."""

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
        """Floyd's algorithm (Bentley & Floyd, 1987) in every lane at once: `size` draws, no permutation."""
        held = len(self)
        size = min(size, held)
        drawn = self.rng.random((size,))  # [L, size]
        chosen = np.full(drawn.shape, -1, np.int64)
        for i, last in enumerate(range(held - size, held)):
            candidate = (drawn[:, i] * (last + 1)).astype(np.int64)
            taken = (chosen[:, :i] == candidate[:, None]).any(-1)
            chosen[:, i] = np.where(taken, last, candidate)
        return torch.from_numpy(chosen)
