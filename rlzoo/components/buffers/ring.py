"""Storage for transitions: one ring per lane in preallocated tensors, independent of how they are sampled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.buffers.frames import Frames
from rlzoo.components.buffers.numbered import load_rows, rows_of
from rlzoo.components.buffers.rows import Rows, follow
from rlzoo.components.buffers.whole import Whole
from rlzoo.contracts import Batch, Buffer, BuildSpec, Explanation, State, Storage, Transition
from rlzoo.contracts.errors import OptionError, check_memory
from rlzoo.contracts.spaces import FrameStack, observation_layout
from rlzoo.lanes.settings import Setting


class Ring:
    """The last `capacity` transitions of each lane, read as n-step transitions or as sequences.

    Of observations that are a `FrameStack` each frame is kept once.

    Raises OptionError where `capacity` is too small for one vector step, or for one sequence.
    """

    def __init__(self, spec: BuildSpec, capacity: int) -> None:
        if capacity < spec.envs * spec.length:
            what = f"one step of {spec.envs} environments" if spec.length == 1 else f"{spec.length} steps"
            raise OptionError(f"a buffer of {capacity} transitions cannot hold {what}")
        self.lanes, self.envs, self.capacity, self.length = spec.lanes, spec.envs, capacity, spec.length
        self.added = 0  # transitions ever added to each lane
        stacked = isinstance(spec.observation_space, FrameStack)
        self.bytes = _bytes_of_a_transition(spec, stacked)
        self.check_memory(spec.lanes)
        self._observations = Frames(spec, capacity) if stacked else Whole(spec, capacity)
        action_shape, action_type = observation_layout(spec.action_space)
        self._views = {
            "action": self._empty(action_type, action_shape),
            "reward": self._empty(np.float32),
            "terminated": self._empty(np.bool_),
            "truncated": self._empty(np.bool_),
        }
        self._column_views = {column.name: self._empty(column.dtype, column.shape) for column in spec.columns}
        self._rows = {name: Rows(view) for name, view in self._views.items()}
        self._column_rows = {name: Rows(view) for name, view in self._column_views.items()}
        self._ones = torch.ones(self.lanes, 1)
        self._discounts = _powers(spec.gamma, spec.n_step)  # [L or 1, n_step + 1]

    @property
    def storage(self) -> Storage | None:
        """The arrays, where observations are float32 and kept whole, and there are no further columns."""
        observations = self._observations.float32
        if observations is None or self._column_views or self._views["action"].shape != (self.lanes, self.capacity):
            return None
        return Storage(*observations, **self._views, added=lambda: self.added)

    def check_memory(self, lanes: int) -> None:
        """Raise BadInput if this machine has too little memory for that many lanes."""
        where = f"{lanes} {'lane' if lanes == 1 else 'lanes'}"
        check_memory(
            self.bytes * self.capacity * lanes, f"{self.capacity:,} transitions of {self.bytes} bytes in {where}"
        )

    def check_batch(self, size: int | None) -> None:
        """Raise BadInput if this machine has too little memory for batches of `size` transitions."""
        count = size or 0
        check_memory(self.bytes * count * self.lanes, f"batches of {count:,} transitions of {self.bytes} bytes")

    def _empty(self, dtype: Any, shape: tuple[int, ...] = ()) -> np.ndarray:
        return np.empty((self.lanes, self.capacity, *shape), dtype)

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    @property
    def pending(self) -> int:
        """How many of the newest transitions cannot begin a sample yet: the last `length - 1` of each environment."""
        return min((self.length - 1) * self.envs, len(self))

    @property
    def starts(self) -> int:
        """How many of the transitions held can begin a sample."""
        return len(self) - self.pending

    def start(self, number: np.ndarray) -> np.ndarray:
        """The places of possible starts, numbered from 0 to `starts - 1`: int64 `[...]` -> `[...]`."""
        if self.length == 1 or self.added <= self.capacity:
            return number  # every place is a start, or the newest lie behind all starts
        return (number + self.added) % self.capacity  # the oldest lies where the next transition will

    def add(self, transition: Transition) -> None:
        """Write one vector step, `N` transitions per lane."""
        count = transition.action.shape[1]
        slots = self._slots(count)
        for name, view in self._views.items():
            view[:, slots] = getattr(transition, name)
        for name, view in self._column_views.items():
            view[:, slots] = transition.columns[name]
        self._observations.add(transition, slots, self.added)
        self.added += count

    def _slots(self, count: int) -> slice | np.ndarray:
        first = self.added % self.capacity
        if first + count <= self.capacity:
            return slice(first, first + count)
        return np.arange(first, first + count) % self.capacity

    def latest(self, count: int) -> Tensor:
        """Where the last `count` transitions lie, oldest first: `[count]`."""
        return torch.arange(self.added - count, self.added) % self.capacity

    def latest_starts(self, count: int) -> Tensor:
        """Where the last `count` transitions lie that can begin a sample, oldest first: `[count]`."""
        newest = self.added - self.pending
        return torch.arange(newest - count, newest) % self.capacity

    def gather(self, index: Tensor, weight: Tensor | None = None) -> Batch:
        """The samples that begin at `index` `[L, B]`, with importance weights `[L, B]` or ones."""
        weight = self._ones.expand(index.shape) if weight is None else weight
        return self._transitions(index, weight) if self.length == 1 else self._sequences(index, weight)

    def _transitions(self, index: Tensor, weight: Tensor) -> Batch:
        reward, last, discount, terminated, truncated = self._follow(index)
        observation, next_observation = self._observations.read(index, last, self.added)
        return Batch(
            observation=observation,
            action=self._rows["action"].at(index),
            reward=reward,
            next_observation=next_observation,
            discount=discount,
            terminated=terminated,
            truncated=truncated,
            index=index,
            weight=weight,
            columns={
                name: rows.at(last if name.startswith("next_") else index) for name, rows in self._column_rows.items()
            },
        )

    def _follow(self, index: Tensor) -> tuple[Tensor, ...]:
        """The transitions at `index` as ones of up to `n` steps.

        Returns the discounted sum of rewards, where the last step lies, the discount after it, and how it ended.
        """
        dtypes = np.float32, np.int64, np.float32, np.bool_, np.bool_
        found = [np.empty(index.shape, dtype) for dtype in dtypes]
        rings = (self._views[name] for name in ("reward", "terminated", "truncated"))
        follow(index.numpy(), self.added, self.envs, self._discounts.numpy(), *rings, *found)
        return tuple(torch.from_numpy(array) for array in found)

    def _sequences(self, index: Tensor, weight: Tensor) -> Batch:
        """The `length` single steps from `index` on; those after the episode's end or not stored yet are not valid."""
        steps = torch.arange(self.length) * self.envs
        places = (index.unsqueeze(-1) + steps) % self.capacity  # [L, B, T]
        flat = places.flatten(1)

        def shaped(rows: Tensor) -> Tensor:
            return rows.view(*places.shape, *rows.shape[2:])

        observation, next_observation = (shaped(rows) for rows in self._observations.read(flat, flat, self.added))
        fields = {name: shaped(rows.at(flat)) for name, rows in self._rows.items()}
        ended = (fields["terminated"] | fields["truncated"]).cumsum(-1) > 0
        valid = torch.cat([torch.ones_like(ended[..., :1]), ~ended[..., :-1]], -1)
        valid &= self.age(index).unsqueeze(-1) >= steps
        return Batch(
            observation=observation,
            next_observation=next_observation,
            discount=self._discounts[:, 1:2, None].expand(places.shape),
            index=index,
            weight=weight,
            columns={name: shaped(rows.at(flat)) for name, rows in self._column_rows.items()},
            valid=valid,
            **fields,
        )

    def age(self, index: Tensor) -> Tensor:
        """How many transitions came after each of those at `index`."""
        return (self.added - 1 - index) % self.capacity

    def state(self) -> State:
        """The transitions held, and how many were ever added."""
        return {
            "added": self.added,
            "transitions": rows_of(self._by_number(), self.added),
            "observations": self._observations.state(self.added),
        }

    def load_state(self, state: State) -> None:
        """Restore what `state` returned."""
        self.added = state["added"]
        load_rows(self._by_number(), state["transitions"])
        self._observations.load_state(state["observations"])

    def _by_number(self) -> dict[str, np.ndarray]:
        """All arrays in which transition number n lies at n modulo the capacity."""
        columns = {f"column.{name}": view for name, view in self._column_views.items()}
        return {**self._views, **columns, **self._observations.by_number}


def _powers(gamma: Setting, highest: int) -> Tensor:
    """`gamma ** 0, gamma ** 1, ...` of each lane, `[L, highest + 1]`, or `[1, highest + 1]` if all have the same."""
    return torch.stack([number ** torch.arange(highest + 1) for number in np.ravel(gamma).tolist()])


def _bytes_of_a_transition(spec: BuildSpec, stacked: bool) -> int:
    """What one transition takes: two observations, or one frame of a stack; action, reward, two flags, and columns."""
    shape, dtype = observation_layout(spec.observation_space)
    observations = _size(shape[1:], dtype) if stacked else 2 * _size(shape, dtype)
    columns = sum(_size(column.shape, column.dtype) for column in spec.columns)
    return observations + _size(*observation_layout(spec.action_space)) + 4 + 2 + columns


def _size(shape: tuple[int, ...], dtype: Any) -> int:
    return math.prod(shape) * np.dtype(dtype).itemsize


class RingBuffer(Buffer):
    """A buffer that keeps its transitions in a ring, so that a new replay only has to write `sample`."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring

    def __len__(self) -> int:
        return len(self.ring)

    def check_memory(self, lanes: int) -> None:
        """Raise BadInput if this machine has too little memory for a ring of that many lanes."""
        self.ring.check_memory(lanes)

    @property
    def ready(self) -> bool:
        """Whether a sample can begin anywhere."""
        return self.ring.starts > 0

    @property
    def storage(self) -> Storage | None:
        """The ring's arrays."""
        return self.ring.storage

    def add(self, transition: Transition) -> None:
        """Store one vector step."""
        self.ring.add(transition)

    def stored(self, count: int) -> None:
        """Count what has been written to the ring's arrays."""
        self.ring.added += count

    def age(self, index: Tensor) -> Tensor:
        """How many transitions came after each of those at `index`."""
        return self.ring.age(index)

    def explain(self, batch: Batch | None) -> Explanation:
        """Where the newest transition is; of a batch, what `sampling` says."""
        if batch is not None:
            return self.sampling(batch)
        place, capacity = (self.ring.added - 1) % self.ring.capacity, self.ring.capacity
        full = "which is full: it replaces the oldest" if self.ring.added > capacity else f"which holds {len(self):,}"
        return Explanation(
            f"The transition is stored at place {place:,} of {capacity:,} in the buffer, {full}.",
            {"place": place, "capacity": capacity, "transitions": len(self)},
        )

    def sampling(self, batch: Batch) -> Explanation:
        """How a batch was sampled, see `explain`."""
        return Explanation()

    def state(self) -> State:
        """The ring's contents."""
        return self.ring.state()

    def load_state(self, state: State) -> None:
        """Restore them."""
        self.ring.load_state(state)
