"""Rollouts: learn several times from what was collected since the last updates, then never again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.contracts import Batch, Buffer, BuildSpec, Component, Explanation, State
from rlzoo.contracts.errors import OptionError
from rlzoo.registry import papers


@dataclass(frozen=True)
class Rollout(Component):
    """No replay: the steps since the last updates, in shuffled minibatches (Schulman et al., 2017).

    A rollout has `train.update_every` steps. The `train.updates` minibatches of `train.batch_size` transitions go
    through it in a random order, as often as needed: 16 of 128 are four epochs of a rollout of 512.
    """

    reference: ClassVar[str] = papers.SCHULMAN_2017
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "rlzoo-probe/vector-v0", "train.update_every": 16, "train.updates": 3},
    )

    def build(self, spec: BuildSpec) -> Buffer:
        """Build the buffer for `spec.lanes` lanes.

        Raises OptionError where updates are counted in episodes, or where a rollout is shorter than one minibatch or
        sequence.
        """
        if spec.update_every is None:
            raise OptionError("`buffer=rollout` collects a fixed number of steps; set `train.update_unit=steps`")
        if (spec.batch_size or 1) > spec.update_every:
            raise OptionError(
                f"`train.batch_size` is {spec.batch_size:,}, but a rollout has only the {spec.update_every:,} steps of "
                "`train.update_every`; set a higher `train.update_every` or a lower `train.batch_size`"
            )
        if spec.length > 1 and spec.length * spec.envs > spec.update_every:
            raise OptionError(
                f"the objective learns from sequences of {spec.length} steps, but a rollout has only "
                f"{spec.update_every // spec.envs} of each environment; set a higher `train.update_every`"
            )
        return RolloutBuffer(spec, spec.update_every)


class RolloutBuffer(RingBuffer):
    """A ring as long as a rollout, and the order in which the current epoch goes through it."""

    rollouts = True

    def __init__(self, spec: BuildSpec, steps: int) -> None:
        super().__init__(Ring(spec, -(-steps // spec.envs) * spec.envs))
        self.rng = spec.rng
        self._sampled = 0  # how many transitions had been added when a batch was last sampled
        self._held = 0  # transitions of the rollout then
        self._left = np.zeros((spec.lanes, 0), np.int64)  # [L, rest of the epoch] numbers of possible starts
        self._columns: Mapping[str, Tensor] = {}  # [L, T * N, ...] each

    def __len__(self) -> int:
        """Transitions of the rollout: of the one that is being collected, or else of the last."""
        new = self.ring.added - self._sampled
        return min(new, self.ring.capacity) if new else self._held

    @property
    def starts(self) -> int:
        """How many transitions of the rollout can begin a sample."""
        return max(len(self) - (self.ring.length - 1) * self.ring.envs, 0)

    @property
    def ready(self) -> bool:
        """Whether a sample can begin anywhere in the rollout."""
        return self.starts > 0

    def prepare(self, compute: Callable[[Batch], Mapping[str, Tensor]]) -> None:
        """Add columns to the rollout, which begins with this call if there are new transitions."""
        self._begin()
        count, envs = len(self), self.ring.envs
        batch = self.ring.gather(self.ring.latest(count).expand(self.ring.lanes, -1))

        def by_environment(values: Tensor) -> Tensor:
            return values.unflatten(1, (count // envs, envs)).transpose(1, 2)

        found = compute(batch.each(by_environment))
        self._columns = {name: column.transpose(1, 2).flatten(1, 2) for name, column in found.items()}

    def sample(self, size: int | None) -> Batch:
        """The next `size` samples of the epoch, or the rest of it if that is less; all without a size."""
        self._begin()
        if not self._left.shape[1]:
            self._left = np.argsort(self.rng.random((self.starts,)), axis=1)
        number, self._left = np.split(self._left, [self.starts if size is None else size], axis=1)
        place = torch.from_numpy(number)
        batch = self.ring.gather(self.ring.latest(len(self))[place])
        lane = torch.arange(self.ring.lanes)[:, None]
        computed = {name: column[lane, place] for name, column in self._columns.items()}
        return replace(batch, columns={**batch.columns, **computed})

    def sampling(self, batch: Batch) -> Explanation:
        """How much of the epoch is left."""
        left = self._left.shape[1]
        return Explanation(
            f"The rollout has {len(self):,} transitions. This epoch goes through them in a random order; after this "
            f"minibatch {left:,} of them are left.",
            {"transitions": len(self), "left": left},
        )

    def _begin(self) -> None:
        """Begin the epochs of a new rollout if there are new transitions."""
        if self.ring.added != self._sampled:
            self._held, self._sampled = len(self), self.ring.added
            self._left, self._columns = self._left[:, :0], {}

    def state(self) -> State:
        """The transitions, and where the rollout begins. All epochs end before the next step, so none is saved."""
        return {**self.ring.state(), "sampled": self._sampled, "held": self._held}

    def load_state(self, state: State) -> None:
        """Restore them."""
        self.ring.load_state(state)
        self._sampled, self._held = state["sampled"], state["held"]
