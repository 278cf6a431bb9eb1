"""A chain in which only going the same way for long is rewarded (Osband et al., 2016, section 5)."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

LENGTH = 20


class Chain(gymnasium.Env[Any, Any]):
    """`length` states side by side; every step is one to the left or right, and an episode has `length + 9` of them.

    It starts in the second state. The first one rewards a thousandth, the last one 1. Observations are thermometers:
    ones up to the state, then zeros.
    """

    def __init__(self, length: int = LENGTH, render_mode: str | None = None) -> None:
        self.length, self.render_mode = length, render_mode
        self.action_space, self.observation_space = Discrete(2), Box(0, 1, (length,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed, options=options)
        self.state, self.steps = 1, 0
        return self._observe(), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.state = min(max(self.state + (1 if action else -1), 0), self.length - 1)
        self.steps += 1
        reward = {0: 0.001, self.length - 1: 1.0}.get(self.state, 0.0)
        return self._observe(), reward, False, self.steps == self.length + 9, {}

    def _observe(self) -> np.ndarray:
        return (np.arange(self.length) <= self.state).astype(np.float32)


gymnasium.register("rlzoo-chain/Chain-v0", entry_point=Chain)
