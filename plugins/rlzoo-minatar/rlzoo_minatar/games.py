"""The five MinAtar games as an environment family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from gymnasium.spaces import Box
from minatar.gym import BaseEnv  # type: ignore[import-untyped]

from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo.contracts import Environment, EnvironmentFamily, Meta
from rlzoo.contracts.errors import OptionError, UnknownName, listed, nearest

GAMES = ("asterix", "breakout", "freeway", "seaquest", "space_invaders")
RAMPING = ("asterix", "seaquest", "space_invaders")
"""The games whose difficulty ramps up over time."""


@dataclass(frozen=True)
class MinAtar(EnvironmentFamily):
    """A MinAtar game: miniature Atari on a 10x10 grid, one channel per object type (Young & Tian, 2019)."""

    id: Annotated[str, Meta(description="asterix, breakout, freeway, seaquest or space_invaders")]
    sticky: Annotated[float, Meta(ge=0, le=1, description="probability of repeating the previous action")] = 0.1
    ramping: Annotated[bool, Meta(description="ramp up the difficulty over time, in games that support it")] = True
    minimal_actions: Annotated[
        bool, Meta(description="use only the actions that matter in this game; the paper uses all six")
    ] = False

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "minatar/asterix"},
    )  # its difficulty rises within a hundred frames

    def build(self, lanes: int, envs: int) -> Environment:
        """Build `lanes` x `envs` games, with observations `[L, N, 10, 10, C]` of bool.

        Raises UnknownName for an unknown game, OptionError if `ramping` is disabled in a game that never ramps up.
        """
        return SteppedEnvironments(f"minatar/{self.game}", self.make, lanes, envs)

    def make(self, render_mode: str | None = None) -> Game:
        """Make one game. Raises as `build` does."""
        if not self.ramping and self.game not in RAMPING:
            raise OptionError(f"`environment.ramping` has no effect in {self.game}, whose difficulty is constant")
        return Game(self, render_mode)

    @property
    def game(self) -> str:
        """The name of the game in MinAtar: `SpaceInvaders` is `space_invaders`. Raises UnknownName."""
        plain = {game.replace("_", ""): game for game in GAMES}
        wanted = self.id.lower().replace("_", "").replace("-", "")
        if wanted not in plain:
            raise UnknownName(f"MinAtar has no game `{self.id}`.{nearest(self.id, GAMES)} Games: {listed(GAMES)}")
        return plain[wanted]


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
