"""Pools whose members play one episode each, since EnvPool takes seeds only at creation, one per member."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

LAST = 2
"""dm_env's step type for the last step of an episode."""


class Arrived(NamedTuple):
    """The results of a step in the environments with indices `who`."""

    who: np.ndarray  # [M]
    observation: np.ndarray  # [M, ...]
    reward: np.ndarray  # [M]
    over: np.ndarray  # [M] bool


class Cohort:
    """A pool whose members have all been reset, and wait at their first observation until they are stepped.

    `pool` has the dm_env interface, EnvPool's cheapest. Member `m` belongs to environment `owner[m]` of `count`.
    """

    def __init__(self, pool: Any, owner: np.ndarray, count: int) -> None:
        self._pool, self._owner = pool, owner
        *_, self._action = pool.spec.action_array_spec  # the name of the action
        begun = pool.reset().observation
        self.first = begun.obs[np.argsort(begun.env_id)]  # [M, ...]
        self._player = np.full(count, -1, np.int32)  # [count] the active member of each environment, or -1

    def join(self, which: np.ndarray, members: np.ndarray) -> None:
        """Activate `members` for the environments `which`."""
        self._player[which] = members

    def leave(self, which: np.ndarray) -> None:
        """Deactivate the members of the environments `which`."""
        self._player[which] = -1

    def assemble(self) -> bool:
        """Apply changes of members; returns whether any member is active."""
        self._who = np.flatnonzero(self._player >= 0)
        self._members = self._player[self._who]
        return len(self._who) > 0

    def send(self, actions: np.ndarray) -> None:
        """Send the actions `[count]` of the environments to their active members."""
        members, chosen = self._members, actions[self._who].astype(np.int32)
        # EnvPool would infer omitted entries, which takes longer than stepping some CartPoles.
        self._pool.send({"env_id": members, "players.env_id": members, self._action: chosen})

    def receive(self) -> Arrived:
        """Wait for the results, which arrive in any order."""
        step = self._pool.recv()
        return Arrived(self._owner[step.observation.env_id], step.observation.obs, step.reward, step.step_type == LAST)
