"""How much Q values overestimate the returns that follow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import boolean, float64, types

from rlzoo.contracts import State
from rlzoo.lanes.compiled import compiled
from rlzoo.lanes.settings import Setting

NEGLIGIBLE = 0.01
"""The discount from which on rewards no longer count."""
PAIRS, FLAGS = types.Array(float64, 2, "C"), types.Array(boolean, 2, "C")


@compiled(boolean(PAIRS, PAIRS, FLAGS, FLAGS, PAIRS, types.Array(float64, 3, "C"), FLAGS, FLAGS))
def _follow(
    error: Any, discount: Any, follows: Any, known: Any, gamma: Any, reward: Any, terminated: Any, truncated: Any
) -> bool:
    """See `Overestimation.follow`; returns whether any pair is still followed."""
    goes_on = False
    for lane in range(error.shape[0]):
        for env in range(error.shape[1]):
            if not follows[lane, env]:
                continue
            for step in range(reward.shape[1]):
                error[lane, env] -= discount[lane, env] * reward[lane, step, env]
                discount[lane, env] *= gamma[lane, env]
                if not discount[lane, env] >= NEGLIGIBLE:
                    discount[lane, env] = 0.0
                    break
            known[lane, env] = terminated[lane, env] or discount[lane, env] == 0.0
            follows[lane, env] = not (known[lane, env] or truncated[lane, env])
            goes_on = goes_on or follows[lane, env]
    return goes_on


class Overestimation:
    """Q of visited pairs minus the discounted return that followed (van Hasselt et al., 2016).

    In each of the `L x N` environments, one pair of state and action at a time is followed to the end of its episode,
    or until the discount is negligible. If the episode is cut off before, the return is not known, and the pair is
    left out. Rewards are those that the agent learns from.
    """

    def __init__(self, lanes: int, envs: int, gamma: Setting) -> None:
        self._gamma = np.array(np.broadcast_to(gamma, (lanes, envs)), np.float64)
        self._error = np.zeros((lanes, envs))  # Q minus the rewards so far
        self._discount = np.zeros((lanes, envs))  # of the next reward
        self._follows = np.zeros((lanes, envs), np.bool_)
        self._known = np.zeros((lanes, envs), np.bool_)  # whether the error is final
        self.follows = False
        """Whether any pair is followed now."""

    def begin(self, q: np.ndarray) -> None:
        """Follow the pairs that are visited now, with these Q values `[L, N]`, where none is followed already."""
        new = ~self._follows
        self._error[new], self._discount[new], self._follows[new], self._known[new] = q[new], 1.0, True, False
        self.follows = True

    def follow(self, reward: np.ndarray, terminated: np.ndarray, truncated: np.ndarray) -> None:
        """Count the rewards `[L, T, N]` of the next steps, of which only the last may end an episode, `[L, N]`."""
        if self.follows:
            pairs = self._error, self._discount, self._follows, self._known
            rewards = np.array(reward, np.float64, order="C")
            ends = np.array(terminated, order="C"), np.array(truncated, order="C")
            self.follows = _follow(*pairs, self._gamma, rewards, *ends)

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
        self.follows = bool(self._follows.any())
