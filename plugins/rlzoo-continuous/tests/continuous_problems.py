"""What the tests share: a batch of random transitions, and a control problem with a known solution."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box

from rlzoo.contracts import Batch

ACTIONS = Box(np.array([-1, -2, 0.5], np.float32), np.array([1, 3, 0.75], np.float32))


def batch_of(lanes: int, size: int) -> Batch:
    """Random transitions with observations of four numbers, some of them terminal."""
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=(lanes, size, *shape)).astype(np.float32))

    action = rng.uniform(ACTIONS.low, ACTIONS.high, (lanes, size, 3)).astype(np.float32)
    return Batch(
        observation=normal(4),
        action=torch.from_numpy(action),
        reward=normal(),
        next_observation=normal(4),
        discount=torch.from_numpy(rng.choice([0.9, 0.81], (lanes, size)).astype(np.float32)),
        terminated=torch.from_numpy(rng.random((lanes, size)) < 0.3),
        truncated=torch.zeros(lanes, size, dtype=torch.bool),
        index=torch.arange(size).expand(lanes, size),
        weight=torch.ones(lanes, size),
    )


class Regulator(gymnasium.Env[np.ndarray, np.ndarray]):
    """A linear-quadratic regulator: the next state is 0.8 x + a, and the reward -x^2 - a^2.

    Episodes are truncated after five steps, so that values are those of an infinite horizon.
    """

    observation_space = Box(-np.inf, np.inf, (1,), np.float32)
    action_space = Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.x, self.time = self.np_random.uniform(-1, 1), 0
        return np.array([self.x], np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        taken = float(action[0])
        reward = -(self.x**2) - taken**2
        self.x, self.time = 0.8 * self.x + taken, self.time + 1
        return np.array([self.x], np.float32), reward, False, self.time == 5, {}


def solution(gamma: float) -> tuple[float, float]:
    """The gain `k` of the best action `-k x`, and `P` of its value `-P x^2`, by the discounted Riccati equation."""
    cost = 1.0
    for _ in range(1_000):
        gain = gamma * 0.8 * cost / (1 + gamma * cost)
        cost = 1 + gain**2 + gamma * cost * (0.8 - gain) ** 2
    return gain, cost
