"""How many targets leave the support of a distribution, and are clipped to its ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import State

TOLERANCE = 1e-3
"""Fraction of the support by which returns may leave it without being counted, since sums are rounded."""
MUCH = 0.05
"""The share of clipped targets from which there is a remark."""
ENOUGH = 1_000
"""Targets before the first remark: what a new network predicts says little."""


def outside(returns: Tensor, probabilities: Tensor, v_min: float, v_max: float) -> Tensor:
    """How much of a distribution, the `probabilities` of `returns`, both `[..., M]`, leaves the support: `[...]`."""
    beyond = margin(v_min, v_max)
    return (probabilities * ((returns < v_min - beyond) | (returns > v_max + beyond))).sum(-1)


def margin(v_min: float, v_max: float) -> float:
    """How far a return may leave the support without being counted."""
    return TOLERANCE * (v_max - v_min)


class Clipping:
    """Counts targets, and those that are clipped, in every lane."""

    def __init__(self, lanes: int, device: torch.device) -> None:
        self.counts = torch.zeros(lanes, 2, dtype=torch.float64, device=device)  # clipped targets, all targets
        self.before = self.counts.clone()  # the counts at the last call of `since_last`

    def count(self, clipped: Tensor) -> None:
        """Add the targets of an update; `clipped` `[L, B]` says how much of each is clipped, 0 to 1."""
        self.counts[:, 0] += clipped.sum(-1)
        self.counts[:, 1] += clipped.shape[-1]

    def since_last(self) -> np.ndarray:
        """The share since the last call, `[L]`; NaN where there were no targets."""
        counts, self.before = self.counts - self.before, self.counts.clone()
        return (counts[:, 0] / counts[:, 1]).cpu().numpy()

    def remarks(self, v_min: float, v_max: float) -> Sequence[str]:
        """What to tell the user about each lane: the share until now if it is large, else ""."""
        text = f"of targets clipped to v_min={v_min:g} or v_max={v_max:g}"
        return [
            f"{clipped / count:.0%} {text}" if count >= ENOUGH and clipped >= MUCH * count else ""
            for clipped, count in self.counts.tolist()
        ]

    def state(self) -> State:
        """The counts."""
        return {"counts": self.counts.cpu().numpy().copy(), "before": self.before.cpu().numpy().copy()}

    def load_state(self, state: State) -> None:
        """Restore the counts."""
        for name, leaf in (("counts", self.counts), ("before", self.before)):
            leaf.copy_(torch.from_numpy(state[name]))
