"""Pools in which each member plays one episode: EnvPool takes seeds only when a pool is made, one for each member."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

LAST = 2
"""dm_env's number for the step in which an episode ends."""


class Arrived(NamedTuple):
    """What a step came to in `who`, environments counted from 0."""

    who: np.ndarray  # [M]
    observation: np.ndarray  # [M, ...]
    reward: np.ndarray  # [M]
    over: np.ndarray  # [M] bool


class Cohort:
    """A pool and whom its members play for. All have begun, and wait at their first observation until they are stepped.

    `pool` has dm_env's interface, EnvPool's cheapest; its member `m` is there for environment `owner[m]` of `count`.
    """

    def __init__(self, pool: Any, owner: np.ndarray, count: int) -> None:
        self._pool, self._owner = pool, owner
        *_, self._action = pool.spec.action_array_spec  # what it calls actions
        begun = pool.reset().observation
        self.first = begun.obs[np.argsort(begun.env_id)]  # [M, ...]
        self._player = np.full(count, -1, np.int32)  # [count] the member that plays for each environment, or -1

    def join(self, which: np.ndarray, members: np.ndarray) -> None:
        """From now on `members` play for the environments `which`."""
        self._player[which] = members

    def leave(self, which: np.ndarray) -> None:
        """Play for `which` no more."""
        self._player[which] = -1

    def assemble(self) -> bool:
        """Go by who has joined and left; whether anybody plays."""
        self._who = np.flatnonzero(self._player >= 0)
        self._members = self._player[self._who]
        return len(self._who) > 0

    def send(self, actions: np.ndarray) -> None:
        """Let the members that play take their environments' actions, `[count]`."""
        members, chosen = self._members, actions[self._who].astype(np.int32)
        # What is left out of these EnvPool infers, which takes longer than to step some CartPoles.
        self._pool.send({"env_id": members, "players.env_id": members, self._action: chosen})

    def receive(self) -> Arrived:
        """Wait for what was sent; the members may come in any order."""
        step = self._pool.recv()
        return Arrived(self._owner[step.observation.env_id], step.observation.obs, step.reward, step.step_type == LAST)
