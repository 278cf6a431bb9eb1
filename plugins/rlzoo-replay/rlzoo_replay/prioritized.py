"""Prioritized experience replay: learn more often from what was predicted badly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec, Meta, State
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.schedules import linear
from rlzoo_replay import papers
from rlzoo_replay.sum_tree import SumTree

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Prioritized:
    """Replay that samples in proportion to the last TD error, (|error| + eps)^alpha (Schaul et al., 2016)."""

    reference: ClassVar[str] = papers.SCHAUL_2016

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
        self.largest = np.ones((spec.lanes, 1))  # priority so far
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
        index = self.tree.find(share)
        priority = self.tree.get(index)
        # NumPy's power, since torch's rounds the last few numbers of an array otherwise: lanes would not be exact.
        weight = (priority / priority.min(-1, keepdims=True)) ** -self.beta
        return self.ring.gather(torch.from_numpy(index), torch.from_numpy(weight.astype(np.float32)))

    def feedback(self, index: Tensor, td_error: Tensor) -> None:
        """Give the transitions at `index` `[L, B]` priorities by their errors `[L, B]`.

        Errors that are not finite, which only a diverged lane has, count as the largest float32.
        """
        self._admit()
        size = np.fmin(np.abs(td_error.numpy()), LARGEST, dtype=np.float64)
        priority = (size + self.options.eps) ** self.options.alpha
        self.tree.set(index.numpy(), priority)
        self.largest = np.maximum(self.largest, priority.max(-1, keepdims=True))

    def _admit(self) -> None:
        """Give what came since the last call the largest priority so far; at once costs less than one by one."""
        new = min(self.ring.added - self._admitted, len(self))
        if new:
            shape = len(self.largest), new
            self.tree.set(np.broadcast_to(self.ring.latest(new).numpy(), shape), np.broadcast_to(self.largest, shape))
            self._admitted = self.ring.added

    def state(self) -> State:
        """The ring's contents, and the priority of each transition."""
        self._admit()
        held = self.tree.leaves[:, : len(self)].copy()
        return {**self.ring.state(), "priority": held, "largest": self.largest.copy()}

    def load_state(self, state: State) -> None:
        """Hold those again."""
        self.ring.load_state(state)
        self.tree.load(state["priority"])
        self.largest = state["largest"].copy()
        self._admitted = self.ring.added
