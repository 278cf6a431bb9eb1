"""A game as a Gymnasium environment, for videos of what the agent observes."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from rlzoo.contracts import Environment

ONE = np.ones((1, 1), np.bool_)


class Player(gymnasium.Env[Any, Any]):
    """Wraps `game`, one environment of one lane; it renders the newest frame, enlarged four times."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 15}  # noqa: RUF012 - as Gymnasium declares it

    def __init__(self, game: Environment, render_mode: str | None) -> None:
        self.render_mode = render_mode
        self._game = game
        self.observation_space, self.action_space = game.observation_space, game.action_space
        self._seen = np.zeros((1, 1, 1), np.uint8)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; without a seed, one is drawn from `np_random`."""
        super().reset(seed=seed)
        episode_seed = int(self.np_random.integers(2**31)) if seed is None else seed
        self._seen = self._game.reset(ONE, np.array([[episode_seed]]))[0, 0]
        return self._seen, {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Take one action; the reward is the points scored."""
        observation, reward, terminated, truncated = self._game.step(np.array([[action]]))
        self._seen = observation[0, 0]
        return self._seen, float(reward[0, 0]), bool(terminated[0, 0]), bool(truncated[0, 0]), {}

    def render(self) -> np.ndarray:
        """Render the newest frame, `[4 * side, 4 * side, 3]` bytes."""
        large = self._seen[-1].repeat(4, 0).repeat(4, 1)
        return np.repeat(large[..., None], 3, -1)

    def close(self) -> None:
        """Close the emulator."""
        self._game.close()
