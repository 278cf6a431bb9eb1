"""Frame stacks: every frame is stored once, and stacks are built when they are sampled."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rlzoo.components.buffers.numbered import load_rows, rows_of
from rlzoo.contracts import BuildSpec, State, Transition
from rlzoo.contracts.errors import RunFailed
from rlzoo.contracts.spaces import observation_layout


class Frames:
    """The observations of a ring of `capacity` transitions, each a stack of `S` frames, oldest first.

    The transitions of a lane are numbered in order, so the next one of the same environment is `N` higher. Each stores
    the one frame that arrived with it, and a stack consists of the frames of the last `S` numbers of its environment.
    The first observation of an episode arrived with no transition: it is stored whole, and completes the stacks of the
    first steps. An episode begins where an observation is not the last one that arrived, so stacks never reach into
    another episode, whatever ended it. `S * N` more frames than transitions are stored, so that the stack of the oldest
    transition is complete.
    """

    def __init__(self, spec: BuildSpec, capacity: int) -> None:
        (self.stack, *frame), dtype = observation_layout(spec.observation_space)
        self.lanes, self.envs, self.capacity = spec.lanes, spec.envs, capacity
        self.places = capacity + self.stack * spec.envs
        self._view = np.empty((self.lanes, self.places, *frame), dtype)
        self._frames = torch.from_numpy(self._view)
        self._depth = torch.zeros(self.lanes, capacity, dtype=torch.int16)  # frames since the episode began, S at most
        self._starts: list[dict[int, np.ndarray]] = [{} for _ in range(self.lanes)]  # by the first transition's number
        self._arrived: np.ndarray | None = None  # [L, N, S, ...], the last next observation
        self._depth_now = np.zeros((self.lanes, self.envs), np.int16)

    @property
    def float32(self) -> None:
        """Frames are not kept as whole observations."""
        return None

    def add(self, transition: Transition, slots: slice | np.ndarray, added: int) -> None:
        """Store the new frames of one vector step, whose transitions are numbered from `added` on.

        Raises RunFailed where the next observation is not the last one without its oldest frame and with a new one.
        """
        before, after = transition.observation, transition.next_observation
        if not np.array_equal(before[:, :, 1:], after[:, :, :-1]):
            raise RunFailed(
                "the observations are not frame stacks, although their space is a FrameStack: "
                "a step must drop the oldest frame and add one"
            )
        self._begin(before, added)
        self._depth.numpy()[:, slots] = self._depth_now
        self._view[:, np.arange(added, added + self.envs) % self.places] = after[:, :, -1]
        self._arrived = after
        self._forget(added + self.envs)

    def _begin(self, observation: np.ndarray, added: int) -> None:
        """Store the observations that begin an episode, and count the steps of the others."""
        if self._arrived is None:
            begins = np.ones_like(self._depth_now, np.bool_)
        else:
            begins = (observation != self._arrived).reshape(self.lanes, self.envs, -1).any(-1)
        self._depth_now = np.where(begins, 0, np.minimum(self._depth_now + 1, self.stack)).astype(np.int16)
        for lane, env in np.argwhere(begins).tolist():
            self._starts[lane][added + env] = observation[lane, env].copy()

    def _forget(self, added: int) -> None:
        """Drop first observations that no stack of the ring needs any more."""
        needed = added - self.capacity - (self.stack - 1) * self.envs
        for starts in self._starts:
            while (oldest := next(iter(starts), needed)) < needed:
                del starts[oldest]

    def read(self, first: Tensor, last: Tensor, added: int) -> tuple[Tensor, Tensor]:
        """Observations of the transitions at `first`, and next ones of those at `last`; see `Ring.gather`."""
        return self._stacks(first, added, 0), self._stacks(last, added, 1)

    def _stacks(self, index: Tensor, added: int, ahead: int) -> Tensor:
        """The stacks before (`ahead` 0) or after (1) the transitions at `index` `[L, B]`: `[L, B, S, ...]`."""
        lane, slot = torch.arange(self.lanes).repeat_interleave(index.shape[1]), index.flatten()
        number = added - 1 - (added - 1 - slot) % self.capacity + ahead * self.envs
        depth = self._depth[lane, slot] + ahead
        back = torch.arange(self.stack, 0, -1) * self.envs
        places = (number.unsqueeze(1) - back) % self.places + lane.unsqueeze(1) * self.places
        stacks = self._frames.flatten(0, 1).index_select(0, places.flatten()).unflatten(0, (-1, self.stack))
        for row in (depth < self.stack).nonzero().flatten().tolist():
            since = int(depth[row])
            start = self._starts[int(lane[row])][int(number[row]) - since * self.envs]
            stacks[row, : self.stack - since] = torch.from_numpy(start[since:])
        return stacks.view(*index.shape, *stacks.shape[1:])

    @property
    def by_number(self) -> dict[str, np.ndarray]:
        """The array `[L, capacity]` in which the depth of transition number n lies at n modulo the capacity."""
        return {"depth": self._depth.numpy()}

    def state(self, added: int) -> State:
        """The frames, how far each episode has come, and what episodes began with."""
        return {
            "frames": rows_of({"frame": self._view}, added),
            "depth_now": self._depth_now.copy(),
            "arrived": None if self._arrived is None else self._arrived.copy(),
            "starts": [{str(number): start.copy() for number, start in starts.items()} for starts in self._starts],
        }

    def load_state(self, state: State) -> None:
        """Hold them again."""
        load_rows({"frame": self._view}, state["frames"])
        self._depth_now, self._arrived = state["depth_now"], state["arrived"]
        for starts, saved in zip(self._starts, state["starts"], strict=True):
            starts.clear()
            starts.update(sorted((int(number), start) for number, start in saved.items()))
