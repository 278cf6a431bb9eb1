"""Policies that choose each action by a compiled function."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from rlzoo.contracts import BuildSpec, ExplorationKernel, ExplorationPolicy
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.compiled import Compiled
from rlzoo.lanes.jit import jit
from rlzoo.lanes.loops import act_all


class CompiledPolicy(ExplorationPolicy):
    """Chooses by `choose`, from Q values, uniform draws and a few numbers that may change with the clock."""

    choose: ClassVar[Compiled]
    """The choice of one action: a function with the signature `ACT`."""
    draws: ClassVar[int]
    """Uniform draws for each action."""

    def __init__(self, spec: BuildSpec) -> None:
        self.rng = spec.rng

    @abstractmethod
    def numbers(self, clock: Clock) -> Any:
        """What `choose` needs to know now: one number, or an array that broadcasts to `[L, P]`."""

    @property
    def kernel(self) -> ExplorationKernel:
        """The choice, its stream and its numbers."""
        return ExplorationKernel(self.choose, self.draws, self.rng, self.numbers)

    def act(self, q: np.ndarray, clock: Clock) -> np.ndarray:
        """q `[L, N, A]` -> actions `[L, N]`."""
        lanes, envs, actions = q.shape
        drawn = np.ascontiguousarray(self.rng.random((envs, self.draws))).reshape(lanes * envs, self.draws)
        numbers = np.array(np.broadcast_to(self.numbers(clock), (lanes, 1)), np.float64)
        action = np.empty((lanes, envs), np.int64)
        act_all(
            self.choose.address,
            np.ascontiguousarray(q).reshape(lanes * envs, actions),
            drawn,
            numbers,
            action.reshape(-1),
        )
        return action


@jit
def best(q: Any) -> Any:
    """The first of the best actions; that of a diverged lane is the first whose value is not a number."""
    highest = 0
    for action in range(len(q)):
        if np.isnan(q[action]):
            return action
        if q[action] > q[highest]:
            highest = action
    return highest


@jit
def random(uniform: Any, q: Any) -> Any:
    """Each allowed action equally; the Q value of a forbidden one is -inf."""
    allowed = 0
    for action in range(len(q)):
        allowed += q[action] != -np.inf
    rank = int(uniform * allowed)
    if allowed == len(q):
        return rank
    for action in range(len(q)):
        if q[action] != -np.inf:
            if rank == 0:
                return action
            rank -= 1
    return 0
