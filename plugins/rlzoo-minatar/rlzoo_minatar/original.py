"""The games of MinAtar's package, with Gymnasium's interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from gymnasium.spaces import Box
from minatar.gym import BaseEnv  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from rlzoo_minatar.games import MinAtar


class Game(BaseEnv):
    """One game as a Gymnasium environment whose episodes depend only on their seeds.

    Observations are `[10, 10, C]` of bool, the smallest dtype.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 10}
    CELL = 32
    """Side length of a cell in a rendered image, in pixels."""

    def __init__(self, options: MinAtar, render_mode: str | None) -> None:
        super().__init__(
            options.game,
            render_mode,
            use_minimal_action_set=options.minimal_actions,
            sticky_action_prob=options.sticky,
            difficulty_ramping=options.ramping,
        )
        self.observation_space = Box(0, 1, tuple(self.game.state_shape()), np.bool_)  # type: ignore[arg-type]
        self.game.seed(0)  # makes the game and its sticky actions draw from one generator
        self._ends_by_time = options.game == "freeway"  # after 2,500 frames, and never otherwise

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; a sticky first action repeats `no-op`, not the last action of the previous episode."""
        self.game.last_action = 0
        if seed is not None:
            self.game.random.seed(seed)  # the same numbers as a new generator, a hundred times faster
        return super().reset(options=options)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Play one frame. The time limit truncates an episode, since the observation does not contain the time."""
        observation, reward, over, _, info = super().step(action)
        return observation, reward, over and not self._ends_by_time, over and self._ends_by_time, info

    def render(self) -> np.ndarray:
        """Render the grid in MinAtar's colours, `[320, 320, 3]` bytes."""
        colours = (255 * super().render()).astype(np.uint8)  # [10, 10, 3]
        return colours.repeat(self.CELL, 0).repeat(self.CELL, 1)
