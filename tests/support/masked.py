"""A small Markov decision process that forbids actions, `rlzoo-tests/Masked-v0`, and its optimal values."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

STATES, ACTIONS, TERMINAL = 8, 4, 7
GAMMA = 0.9
MASK = np.array(
    [
        [1, 1, 0, 0],
        [0, 1, 1, 1],
        [0, 0, 0, 1],  # a single action, the last
        [1, 0, 1, 1],
        [1, 0, 0, 0],  # a single action, the first
        [0, 1, 0, 1],
        [1, 1, 1, 1],
        [0, 0, 0, 0],  # terminal: none
    ],
    np.bool_,
)
"""Which actions are allowed in each state, `[S, A]`."""
_RNG = np.random.default_rng(7)
NEXT = _RNG.integers(STATES, size=(STATES, ACTIONS))
"""Where each action leads, `[S, A]`."""
REWARD = np.where(MASK, _RNG.normal(size=(STATES, ACTIONS)).round(2), 10.0)
"""The reward of each action, `[S, A]`; forbidden ones would be the best by far."""


class Masked(gymnasium.Env[int, int]):
    """Begins in any state but the last, which is terminal. With `strict`, it fails if a forbidden action is taken."""

    observation_space, action_space = Discrete(STATES), Discrete(ACTIONS)

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.state = int(self.np_random.integers(TERMINAL))
        return self.state, {"action_mask": MASK[self.state].astype(np.int8)}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        if self.strict and not MASK[self.state, action]:
            raise ValueError(f"action {action} is forbidden in state {self.state}")
        reward = float(REWARD[self.state, action])
        self.state = int(NEXT[self.state, action])
        return self.state, reward, self.state == TERMINAL, False, {"action_mask": MASK[self.state].astype(np.int8)}


ENV = "rlzoo-tests/Masked-v0"
gymnasium.register(ENV, Masked, max_episode_steps=20)


def optimal_values() -> np.ndarray:
    """Q of the best policy among allowed actions by value iteration, `[S, A]`; NaN for forbidden actions."""
    q = np.zeros((STATES, ACTIONS))
    for _ in range(1_000):
        value = np.where(MASK, q, -np.inf).max(-1)
        value[TERMINAL] = 0.0
        q = REWARD + GAMMA * value[NEXT]
    return np.where(MASK, q, np.nan)
