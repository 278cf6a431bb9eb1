"""Which heads learn from which transition: drawn once, and kept."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import BuildSpec, State

CHUNK = 4096
"""Places drawn at a time, always in their order, so that a lane's masks do not depend on where other lanes sample."""


class Masks:
    """A mask for every place in the buffer, each bit true with chance `p`, independently of all else.

    A transition has the mask of the place where it lies, and the one that takes its place has the same. Each is still
    drawn as Osband et al. (2016) draw it, and nothing has to be stored with transitions; but it takes a buffer of many
    places.
    """

    def __init__(self, spec: BuildSpec, heads: int, p: float) -> None:
        self.rng, self.p = spec.rng, p
        self.table = torch.zeros(spec.lanes, 0, heads, dtype=torch.bool, device=spec.device)  # [L, places, K]

    def at(self, index: Tensor) -> Tensor:
        """The masks of the places `index` `[L, B]`: bool `[L, B, K]`."""
        missing = int(index.max()) + 1 - self.table.shape[1]
        if missing > 0:
            self._grow(-(-missing // CHUNK))
        return self.table.gather(1, index.unsqueeze(-1).expand(*index.shape, self.table.shape[-1]))

    def _grow(self, chunks: int) -> None:
        shape = CHUNK, self.table.shape[-1]
        drawn = [torch.from_numpy(self.rng.random(shape) < self.p).to(self.table.device) for _ in range(chunks)]
        self.table = torch.cat([self.table, *drawn], 1)

    def state(self) -> State:
        """All that was drawn."""
        return {"table": np.packbits(self.table.cpu().numpy(), axis=-1)}

    def load_state(self, state: State) -> None:
        """Keep these."""
        table = np.unpackbits(state["table"], axis=-1, count=self.table.shape[-1])
        self.table = torch.from_numpy(table.astype(np.bool_)).to(self.table.device)
