"""Prioritized experience replay: learn more often from what was predicted badly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from rlzoo.buffers.ring import Ring, RingBuffer
from rlzoo.errors import OptionError
from rlzoo.interfaces import Batch, Buffer, BuildSpec, State
from rlzoo.options import Meta
from rlzoo.schedules import linear
from rlzoo_replay.sum_tree import SumTree


@dataclass(frozen=True)
class Prioritized:
    """Replay that samples in proportion to the last TD error, (|error| + eps)^alpha (Schaul et al., 2016)."""

    capacity: Annotated[int, Meta(ge=1, description="transitions kept per lane")] = 10_000
    alpha: Annotated[float, Meta(ge=0, le=1, description="how much errors count; 0 samples evenly")] = 0.6
    beta: Annotated[
        float, Meta(ge=0, le=1, description="how much of the bias importance weights undo at the start; 1 is all")
    ] = 0.4
    beta_end: Annotated[float, Meta(ge=0, le=1, description="the same at the end; linear in steps between")] = 1.0
    eps: Annotated[float, Meta(gt=0, description="added to errors, so that none is never sampled again")] = 1e-6

    def build(self, spec: BuildSpec) -> Buffer:
        """The buffer for `spec.lanes` lanes.

        Raises OptionError where one vector step would not fit, and where beta should change over a run whose number of
        steps is not known.
        """
        if spec.steps is None and self.beta != self.beta_end:
            raise OptionError(
                "`buffer.beta` reaches `buffer.beta_end` after `train.steps`, but this run counts episodes; "
                f"give `train.steps`, or make both equal, such as `buffer.beta_end={self.beta}`"
            )
        return PrioritizedBuffer(spec, self)


class PrioritizedBuffer(RingBuffer):
    """A ring of transitions and a sum tree of their priorities, one leaf for each place in the ring.

    Time is the number of transitions added to a lane, which is its number of steps (and those it was primed with).
    """

    def __init__(self, spec: BuildSpec, options: Prioritized) -> None:
        super().__init__(Ring(spec, options.capacity))
        self.rng, self.options = spec.rng, options
        self.duration = spec.steps or 1  # without steps beta stays as it is
        self.tree = SumTree(spec.lanes, options.capacity)
        self.largest = torch.ones(spec.lanes, 1, dtype=torch.float64)  # priority so far
        self._admitted = 0  # of the transitions ever added, those that the tree knows of

    @property
    def beta(self) -> float:
        """The exponent of the importance weights now."""
        return linear(self.options.beta, self.options.beta_end, self.duration, self.ring.added)

    def sample(self, size: int | None) -> Batch:
        """`size` transitions per lane, one from each of as many equal parts of the lane's total priority.

        The weights `(N P)^-beta` are divided by their maximum in the batch, which leaves `(p / min p)^-beta`.
        """
        assert size is not None
        self._admit()
        share = (np.arange(size) + self.rng.random((size,))) / size  # [L, B]
        index = self.tree.find(torch.from_numpy(share))
        priority = self.tree.leaves.gather(1, index)
        ratio = priority / priority.amin(-1, keepdim=True)
        # NumPy's power, since torch's rounds the last few numbers of an array otherwise: lanes would not be exact.
        weight = torch.from_numpy(ratio.numpy() ** -self.beta)
        return self.ring.gather(index, weight.float())

    def feedback(self, index: Tensor, td_error: Tensor) -> None:
        """Give the transitions at `index` `[L, B]` priorities by their errors `[L, B]`.

        Errors that are not finite, which only a diverged lane has, count as 0 or as the largest float32.
        """
        self._admit()
        size = td_error.nan_to_num().abs().double()
        priority = torch.from_numpy((size.numpy() + self.options.eps) ** self.options.alpha)
        self.tree.set(index, priority)
        self.largest = torch.maximum(self.largest, priority.amax(-1, keepdim=True))

    def _admit(self) -> None:
        """Give what came since the last call the largest priority so far; at once costs less than one by one."""
        new = min(self.ring.added - self._admitted, len(self))
        if new:
            lanes = len(self.largest)
            self.tree.set(self.ring.latest(new).expand(lanes, -1), self.largest.expand(-1, new))
            self._admitted = self.ring.added

    def state(self) -> State:
        """The ring's contents, and the priority of each transition."""
        self._admit()
        held = self.tree.leaves[:, : len(self)].numpy().copy()
        return {**self.ring.state(), "priority": held, "largest": self.largest.numpy().copy()}

    def load_state(self, state: State) -> None:
        """Hold those again."""
        self.ring.load_state(state)
        self.tree.load(torch.from_numpy(state["priority"]))
        self.largest = torch.from_numpy(state["largest"].copy())
        self._admitted = self.ring.added
