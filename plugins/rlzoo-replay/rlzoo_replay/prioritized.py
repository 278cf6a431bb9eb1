"""Prioritized experience replay: transitions with large TD errors are sampled more often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import PER_LANE, Batch, Buffer, BuildSpec, Component, Explanation, Meta, State
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.explanation import digits
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.schedules import linear
from rlzoo.lanes.settings import Setting, power
from rlzoo_replay import papers
from rlzoo_replay.sum_tree import SumTree

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Prioritized(Component):
    """Prioritized replay, in proportion to (|TD error| + eps)^alpha (Schaul et al., 2016)."""

    reference: ClassVar[str] = papers.SCHAUL_2016

    capacity: Annotated[int, Meta(ge=1, description="transitions kept per lane")] = 10_000
    alpha: Annotated[float, Meta(ge=0, le=1, description="priority exponent; 0 samples uniformly"), PER_LANE] = 0.6
    beta: Annotated[
        float, Meta(ge=0, le=1, description="initial importance-sampling exponent; 1 corrects the bias fully"), PER_LANE
    ] = 0.4
    beta_end: Annotated[
        float,
        Meta(ge=0, le=1, description="final importance-sampling exponent, reached linearly over the run"),
        PER_LANE,
    ] = 1.0
    eps: Annotated[
        float, Meta(gt=0, description="added to |TD error|, so that every priority is positive"), PER_LANE
    ] = 1e-6

    def build(self, spec: BuildSpec) -> Buffer:
        """Build the buffer for `spec.lanes` lanes.

        Raises OptionError if one vector step exceeds the capacity, or if beta is annealed in a run without a fixed
        number of steps.
        """
        if spec.steps is None and np.any(self.beta != self.beta_end):
            raise OptionError(
                "`buffer.beta` is annealed to `buffer.beta_end` over `train.steps`, but this run counts episodes; "
                f"set `train.steps`, or make both equal with `buffer.beta_end={self.beta}`"
            )
        return PrioritizedBuffer(spec, self)


class PrioritizedBuffer(RingBuffer):
    """A ring buffer and a sum tree with the priority of each slot of the ring.

    Beta is annealed by the number of transitions added per lane: its steps, and the transitions it was primed with.
    """

    def __init__(self, spec: BuildSpec, options: Prioritized) -> None:
        super().__init__(Ring(spec, options.capacity))
        self.ring.check_batch(spec.batch_size)
        self.rng, self.options = spec.rng, options
        self.duration = spec.steps or 1  # without a number of steps beta is constant
        self.tree = SumTree(spec.lanes, options.capacity)
        self.max_priority = np.ones((spec.lanes, 1))
        self._inserted = 0  # how many of the transitions added to the ring have a priority in the tree

    @property
    def beta(self) -> Setting:
        """The current exponent of the importance weights."""
        return linear(self.options.beta, self.options.beta_end, self.duration, self.ring.added)

    def sample(self, size: int | None) -> Batch:
        """Sample `size` transitions per lane, stratified: one from each of `size` equal segments of the total priority.

        The importance weights `(N P)^-beta` are divided by the batch maximum, which gives `(p / min p)^-beta`.
        """
        assert size is not None
        self._insert_new()
        fraction = (np.arange(size) + self.rng.random((size,))) / size  # [L, B]
        index = self.tree.find(fraction)
        priority = self.tree.get(index)
        # NumPy's power: torch rounds the last few elements of an array differently, and lanes would not be exact.
        weight = power(priority / priority.min(-1, keepdims=True), -self.beta)
        return self.ring.gather(torch.from_numpy(index), torch.from_numpy(weight.astype(np.float32)))

    def sampling(self, batch: Batch) -> Explanation:
        """The priority and the probability of each transition."""
        priority, total = self.tree.get(batch.index.numpy()), self.tree.totals
        return Explanation(
            f"The probability of a transition is its priority divided by the sum of all, {digits(total)}. The priority "
            f"is (|TD error| + eps) to the power of {digits(self.options.alpha)}. Importance weights correct the bias, "
            f"with an exponent of {digits(self.beta)}.",
            {"beta": self.beta, "sum of priorities": total, "highest priority": self.max_priority},
            samples={"priority": priority, "probability": priority / total},
        )

    def metrics(self, clock: Clock) -> Mapping[str, Any]:
        """The current exponent of the importance weights."""
        return {"beta": np.ravel(self.beta)}

    def feedback(self, index: Tensor, td_error: Tensor) -> None:
        """Update the priorities of the transitions at `index` `[L, B]` from their TD errors `[L, B]`.

        Non-finite errors, which occur only in a diverged lane, count as the largest float32.
        """
        self._insert_new()
        magnitude = np.abs(td_error.numpy().astype(np.float64))
        priority = power(np.fmin(magnitude, LARGEST) + self.options.eps, self.options.alpha)
        self.tree.set(index.numpy(), priority)
        self.max_priority = np.maximum(self.max_priority, priority.max(-1, keepdims=True))

    def _insert_new(self) -> None:
        """Give transitions added since the last call the maximum priority; doing so in one batch is cheaper.

        Of sequences, the newest transitions cannot begin one yet: their priority is 0 until later steps are there.
        """
        new, pending = self.ring.added - self._inserted, self.ring.pending
        if new:
            changed = min(new + pending, len(self))
            index = np.broadcast_to(self.ring.latest(changed).numpy(), (self.ring.lanes, changed))
            priority = self.max_priority * (np.arange(changed) < changed - pending)  # [L, changed]
            self.tree.set(index, priority)
            self._inserted = self.ring.added

    def state(self) -> State:
        """The contents of the ring and the priority of each transition."""
        self._insert_new()
        priorities = self.tree.leaves[:, : len(self)].copy()
        return {**self.ring.state(), "priority": priorities, "max_priority": self.max_priority.copy()}

    def load_state(self, state: State) -> None:
        """Restore the ring and the priorities."""
        self.ring.load_state(state)
        self.tree.load(state["priority"])
        self.max_priority = state["max_priority"].copy()
        self._inserted = self.ring.added
