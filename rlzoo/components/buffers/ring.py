"""Where transitions lie: one ring per lane in preallocated tensors, apart from how they are sampled."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.buffers.frames import Frames
from rlzoo.components.buffers.whole import Whole
from rlzoo.contracts import Batch, Buffer, BuildSpec, State, Transition
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.spaces import FrameStack

Evict = Literal["oldest", "newest"]


class Ring:
    """The last `capacity` transitions of each lane, handed out as spans of up to `spec.n_step` steps.

    The storage is torch's, written through NumPy views of it, so that neither adding nor sampling copies twice.
    `evict` says which end gives way once the ring is full: the oldest transition, or the newest, in which case all but
    the last place keep what came first.

    Of observations that are a `FrameStack` each frame is kept once, unless `evict` is the newest, since then the frames
    before a transition are gone.
    """

    def __init__(self, spec: BuildSpec, capacity: int, evict: Evict = "oldest") -> None:
        if capacity < spec.envs:
            raise OptionError(f"a buffer of {capacity} cannot hold one step of {spec.envs} environments")
        if spec.n_step > 1 and evict == "newest":
            raise OptionError("`train.n_step` needs the steps that follow, which `buffer.evict=newest` drops")
        self.lanes, self.envs, self.capacity, self.evict = spec.lanes, spec.envs, capacity, evict
        self.added = 0  # transitions offered to each lane so far
        stacked = isinstance(spec.observation_space, FrameStack) and evict == "oldest"
        self._observations = Frames(spec, capacity) if stacked else Whole(spec, capacity)
        self._fields = {
            "action": self._empty(np.int64),
            "reward": self._empty(np.float32),
            "terminated": self._empty(np.bool_),
            "truncated": self._empty(np.bool_),
        }
        if spec.next_action is not None:
            self._fields["next_action"] = self._empty(np.int64)
        self._views = {name: field.numpy() for name, field in self._fields.items()}
        self._offset = torch.arange(self.lanes).unsqueeze(1) * capacity  # [L, 1]
        self._ones = torch.ones(self.lanes, 1)
        self._discounts = spec.gamma ** torch.arange(spec.n_step + 1)  # gamma^0, gamma^1, ...

    def _empty(self, dtype: Any) -> Tensor:
        return torch.from_numpy(np.empty((self.lanes, self.capacity), dtype))

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, transition: Transition) -> None:
        """Write one vector step, `N` transitions per lane."""
        count = transition.action.shape[1]
        slots = self._slots(count)
        for name, view in self._views.items():
            view[:, slots] = getattr(transition, name)
        self._observations.add(transition, slots, self.added)
        self.added += count

    def _slots(self, count: int) -> slice | np.ndarray:
        first = self.added % self.capacity if self.evict == "oldest" else min(self.added, self.capacity - 1)
        if first + count <= self.capacity:
            return slice(first, first + count)
        places = np.arange(first, first + count)
        return places % self.capacity if self.evict == "oldest" else np.minimum(places, self.capacity - 1)

    def latest(self, count: int) -> Tensor:
        """Where the last `count` transitions lie, oldest first: `[count]`. Only for a ring that evicts the oldest."""
        return torch.arange(self.added - count, self.added) % self.capacity

    def gather(self, index: Tensor, weight: Tensor | None = None) -> Batch:
        """The transitions that begin at `index` `[L, B]`, with importance weights `[L, B]` or ones."""
        first = self._flat(index)
        reward, last, steps = self._span(index, first) if len(self._discounts) > 2 else (None, first, 1)
        observation, next_observation = self._observations.read(first, last, self.added)
        return Batch(
            observation=self._by_lane(observation),
            action=self._pick("action", first),
            reward=self._pick("reward", first) if reward is None else reward,
            next_observation=self._by_lane(next_observation),
            discount=self._discounts[steps].expand(index.shape),
            terminated=self._pick("terminated", last),
            next_action=self._pick("next_action", last) if "next_action" in self._fields else None,
            index=index,
            weight=self._ones.expand(index.shape) if weight is None else weight,
        )

    def _span(self, index: Tensor, first: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Follow each transition through its episode, up to `n_step` steps or the newest one.

        Returns the discounted sum of rewards `[L, B]`, where the last step lies `[L * B]`, and how many there are
        `[L, B]`. What came next in the same environment lies `N` places on.
        """
        age = (self.added - 1 - index) % self.capacity  # how many transitions came after it
        reward, last, steps = self._pick("reward", first), first, torch.ones_like(index)
        going = ~self._ended(first)
        for step in range(1, len(self._discounts) - 1):
            going = going & (age >= step * self.envs)
            here = self._flat((index + step * self.envs) % self.capacity)
            reward = reward + torch.where(going, self._discounts[step] * self._pick("reward", here), 0.0)
            last = torch.where(going.flatten(), here, last)
            steps = steps + going
            going = going & ~self._ended(here)
        return reward, last, steps

    def _ended(self, flat: Tensor) -> Tensor:
        return self._pick("terminated", flat) | self._pick("truncated", flat)

    def _flat(self, index: Tensor) -> Tensor:
        return (index + self._offset).flatten()

    def _pick(self, name: str, flat: Tensor) -> Tensor:
        return self._by_lane(self._fields[name].flatten().index_select(0, flat))

    def _by_lane(self, rows: Tensor) -> Tensor:
        return rows.view(self.lanes, -1, *rows.shape[1:])

    def state(self) -> State:
        """The transitions held, and how many there ever were."""
        held = len(self)
        fields = {name: view[:, :held].copy() for name, view in self._views.items()}
        return {"added": self.added, **fields, **self._observations.state(self.added)}

    def load_state(self, state: State) -> None:
        """Hold again what `state` held."""
        self.added = state["added"]
        for name, view in self._views.items():
            view[:, : len(self)] = state[name]
        self._observations.load_state(state)


class RingBuffer(Buffer):
    """A buffer that keeps its transitions in a ring, so that a new replay is only its `sample`."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring

    def __len__(self) -> int:
        return len(self.ring)

    def add(self, transition: Transition) -> None:
        """Keep one vector step."""
        self.ring.add(transition)

    def state(self) -> State:
        """The ring's contents."""
        return self.ring.state()

    def load_state(self, state: State) -> None:
        """Hold those contents again."""
        self.ring.load_state(state)
