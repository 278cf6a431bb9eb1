"""How much Q values overestimate the returns that follow."""

from __future__ import annotations

import numpy as np

from rlzoo.contracts import State
from rlzoo.lanes.settings import Setting

NEGLIGIBLE = 0.01
"""The discount from which on rewards no longer count."""


class Overestimation:
    """Q of visited pairs minus the discounted return that followed (van Hasselt et al., 2016).

    In each of the `L x N` environments, one pair of state and action at a time is followed to the end of its episode,
    or until the discount is negligible. If the episode is cut off before, the return is not known, and the pair is
    left out. Rewards are those that the agent learns from.
    """

    def __init__(self, lanes: int, envs: int, gamma: Setting) -> None:
        self._gamma = np.broadcast_to(np.asarray(gamma, np.float64), (lanes, envs))
        self._error = np.zeros((lanes, envs))  # Q minus the rewards so far
        self._discount = np.zeros((lanes, envs))  # of the next reward
        self._follows = np.zeros((lanes, envs), np.bool_)
        self._known = np.zeros((lanes, envs), np.bool_)  # whether the error is final

    def begin(self, q: np.ndarray) -> None:
        """Follow the pairs that are visited now, with these Q values `[L, N]`, where none is followed already."""
        new = ~self._follows
        self._error[new], self._discount[new], self._follows[new], self._known[new] = q[new], 1.0, True, False

    def follow(self, reward: np.ndarray, terminated: np.ndarray, truncated: np.ndarray) -> None:
        """Count the rewards `[L, T, N]` of the next steps, of which only the last may end an episode, `[L, N]`."""
        if not self._follows.any():
            return
        for step in range(reward.shape[1]):  # one by one, so that the bits do not depend on how they come in
            self._error -= self._discount * reward[:, step]
            self._discount *= self._gamma
            self._discount *= self._discount >= NEGLIGIBLE
        over = self._follows & (terminated | truncated | (self._discount == 0))
        self._known |= over & (terminated | (self._discount == 0))
        self._follows &= ~over
        self._discount[over] = 0.0

    def take(self) -> np.ndarray:
        """The mean over the pairs of a lane whose return has become known since the last call, `[L]`, or NaN."""
        with np.errstate(invalid="ignore"):  # 0 / 0
            mean: np.ndarray = np.where(self._known, self._error, 0.0).sum(-1) / self._known.sum(-1)
        self._known[:] = False
        return mean

    def state(self) -> State:
        """The pairs that are followed, and the errors known."""
        return {name: getattr(self, f"_{name}").copy() for name in ("error", "discount", "follows", "known")}

    def load_state(self, state: State) -> None:
        """Restore them."""
        for name, values in state.items():
            getattr(self, f"_{name}")[:] = values
