"""The tasks, with Gymnasium's interface."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.utils import RecordConstructorArgs

Step = tuple[np.ndarray, float, bool, bool, dict[str, Any]]
FORWARD, LEFT, RIGHT = range(3)


class TMaze(gymnasium.Env[np.ndarray, Any]):
    """A corridor with a junction at its end, `length` steps away (Bakker, 2001).

    At the start, a sign says whether to turn left (-1) or right (1) at the junction. The observation is the sign, 0
    everywhere else, and whether this is the junction. Turning the right way earns 1, the other way 0; both end the
    episode. Other moves into walls do nothing. Episodes are truncated after `4 * length + 20` steps. Without memory, no
    policy earns more than 0.5 on average.
    """

    def __init__(self, length: int = 10) -> None:
        self.length = length
        self.observation_space, self.action_space = Box(-1, 1, (2,), np.float32), Discrete(3)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, Any]:
        """Begin at the start, with a sign drawn at random."""
        super().reset(seed=seed)
        self.sign = int(self.np_random.choice([-1, 1]))
        self.place = self.steps = 0
        return self._observe(), {}

    def step(self, action: int) -> Step:
        """Go forward, left or right."""
        self.steps += 1
        truncated = self.steps >= 4 * self.length + 20
        if self.place == self.length and action != FORWARD:
            right = action == (RIGHT if self.sign > 0 else LEFT)
            return self._observe(), float(right), True, truncated, {}
        self.place = min(self.place + (action == FORWARD), self.length)
        return self._observe(), 0.0, False, truncated, {}

    def _observe(self) -> np.ndarray:
        return np.array([self.sign * (self.place == 0), self.place == self.length], np.float32)


class MemoryChain(gymnasium.Env[np.ndarray, Any]):
    """A bit is shown, and asked for `length` steps later (bsuite; Osband et al., 2020).

    The observation is the bit (-1 or 1, and 0 after the first step), whether this is the last step, and the share of
    time that is left. The last action earns 1 if it is the bit and -1 if not; the others earn nothing. Without memory,
    no policy earns more than 0 on average.
    """

    def __init__(self, length: int = 10) -> None:
        self.length = length
        self.observation_space, self.action_space = Box(-1, 1, (3,), np.float32), Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, Any]:
        """Show a bit drawn at random."""
        super().reset(seed=seed)
        self.bit, self.steps = int(self.np_random.integers(2)), 0
        return self._observe(), {}

    def step(self, action: int) -> Step:
        """Answer, which only matters in the last step."""
        asked = self.steps == self.length
        reward = (1.0 if action == self.bit else -1.0) if asked else 0.0
        self.steps += not asked
        return self._observe(), reward, asked, False, {}

    def _observe(self) -> np.ndarray:
        shown = 2 * self.bit - 1 if self.steps == 0 else 0
        return np.array([shown, self.steps == self.length, 1 - self.steps / self.length], np.float32)


class HiddenVelocity(gymnasium.ObservationWrapper[np.ndarray, Any, np.ndarray], RecordConstructorArgs):
    """CartPole with the positions of cart and pole, but not their velocities."""

    def __init__(self, env: gymnasium.Env[np.ndarray, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)
        assert isinstance(env.observation_space, Box)
        self.observation_space = Box(env.observation_space.low[[0, 2]], env.observation_space.high[[0, 2]])

    def observation(self, observation: np.ndarray) -> np.ndarray:
        """The positions, `[2]`."""
        return observation[[0, 2]]
