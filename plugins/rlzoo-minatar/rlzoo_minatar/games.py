"""MinAtar's five games as an environment family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from gymnasium.spaces import Box
from minatar.gym import BaseEnv  # type: ignore[import-untyped]

from rlzoo.components.environments.gymnasium import SteppedEnvironments
from rlzoo.contracts import Environment, EnvironmentFamily, Meta
from rlzoo.contracts.errors import OptionError, UnknownName, listed, nearest

GAMES = ("asterix", "breakout", "freeway", "seaquest", "space_invaders")
RAMPING = ("asterix", "seaquest", "space_invaders")
"""The games that get harder as they go on."""


@dataclass(frozen=True)
class MinAtar(EnvironmentFamily):
    """A game of MinAtar: Atari on ten by ten cells, a channel per kind of thing (Young & Tian, 2019)."""

    id: Annotated[str, Meta(description="asterix, breakout, freeway, seaquest or space_invaders")]
    sticky: Annotated[float, Meta(ge=0, le=1, description="the chance that the last action is taken again")] = 0.1
    ramping: Annotated[bool, Meta(description="whether a game gets harder as it goes on, if it ever does")] = True
    minimal_actions: Annotated[
        bool, Meta(description="only actions that do something in this game; the paper has all six")
    ] = False

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "minatar/asterix"},
    )  # gets harder within a hundred frames

    def build(self, lanes: int, envs: int) -> Environment:
        """`lanes` x `envs` games, with observations `[L, N, 10, 10, C]` of bool.

        Raises UnknownName for a game there is not, OptionError where `ramping` has nothing to switch off.
        """
        return SteppedEnvironments(f"minatar/{self.game}", self.make, lanes, envs)

    def make(self, render_mode: str | None = None) -> Game:
        """One game. Raises as `build` does."""
        if not self.ramping and self.game not in RAMPING:
            raise OptionError(f"`env.ramping` has no effect in {self.game}, which never gets harder")
        return Game(self, render_mode)

    @property
    def game(self) -> str:
        """The game as the package calls it: `SpaceInvaders` is `space_invaders`. Raises UnknownName."""
        plain = {game.replace("_", ""): game for game in GAMES}
        wanted = self.id.lower().replace("_", "").replace("-", "")
        if wanted not in plain:
            raise UnknownName(f"MinAtar has no game `{self.id}`.{nearest(self.id, GAMES)} Games: {listed(GAMES)}")
        return plain[wanted]


class Game(BaseEnv):
    """One game, as Gymnasium has it, whose episodes depend on nothing but their seeds.

    Observations are `[10, 10, C]` of bool, the dtype in which they take least memory.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 10}
    CELL = 32
    """Pixels along a cell's side in a picture."""

    def __init__(self, options: MinAtar, render_mode: str | None) -> None:
        super().__init__(
            options.game,
            render_mode,
            use_minimal_action_set=options.minimal_actions,
            sticky_action_prob=options.sticky,
            difficulty_ramping=options.ramping,
        )
        self.observation_space = Box(0, 1, tuple(self.game.state_shape()), np.bool_)  # type: ignore[arg-type]
        self.game.seed(0)  # from now on game and sticky actions draw from one generator
        self._ends_by_time = options.game == "freeway"  # after 2,500 frames, and never otherwise

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode; the first action that sticks is `no-op`, not the last episode's last."""
        self.game.last_action = 0
        if seed is not None:
            self.game.random.seed(seed)  # the same numbers as from a new generator, which costs a hundred times more
        return super().reset(options=options)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One frame. Where time is up the episode is truncated, not terminated: the observation does not tell time."""
        observation, reward, over, _, info = super().step(action)
        return observation, reward, over and not self._ends_by_time, over and self._ends_by_time, info

    def render(self) -> np.ndarray:
        """The cells in MinAtar's colours, `[320, 320, 3]` bytes."""
        colours = (255 * super().render()).astype(np.uint8)  # [10, 10, 3]
        return colours.repeat(self.CELL, 0).repeat(self.CELL, 1)
