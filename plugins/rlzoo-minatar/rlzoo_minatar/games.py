"""The five MinAtar games as an environment family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo.contracts import Environment, EnvironmentFamily, Meta
from rlzoo.contracts.errors import OptionError, UnknownName, listed, nearest
from rlzoo_minatar.compiled_games import CompiledGames

if TYPE_CHECKING:
    from rlzoo_minatar.original import Game

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
    engine: Annotated[
        Literal["auto", "minatar"],
        Meta(description="auto: the games as compiled loops, with the same bits; minatar: the original package"),
    ] = "auto"

    equivalent: ClassVar[tuple[str, ...]] = ("engine",)
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "minatar/asterix"},
    )  # its difficulty rises within a hundred frames

    def build(self, lanes: int, envs: int) -> Environment:
        """Build `lanes` x `envs` games, with observations `[L, N, 10, 10, C]` of bool.

        Raises UnknownName for an unknown game, OptionError if `ramping` is disabled in a game that never ramps up.
        """
        game = self._checked_game()
        if self.engine == "minatar":
            return SteppedEnvironments(f"minatar/{game}", self.make, lanes, envs)
        return CompiledGames(
            game, lanes, envs, sticky=self.sticky, ramping=self.ramping, minimal_actions=self.minimal_actions
        )

    def make(self, render_mode: str | None = None) -> Game:
        """Make one game. Raises as `build` does."""
        from rlzoo_minatar.original import Game  # imports seaborn, which takes a second or two

        self._checked_game()
        return Game(self, render_mode)

    def _checked_game(self) -> str:
        if not self.ramping and self.game not in RAMPING:
            raise OptionError(f"`environment.ramping` has no effect in {self.game}, whose difficulty is constant")
        return self.game

    @property
    def game(self) -> str:
        """The name of the game in MinAtar: `SpaceInvaders` is `space_invaders`. Raises UnknownName."""
        plain = {game.replace("_", ""): game for game in GAMES}
        wanted = self.id.lower().replace("_", "").replace("-", "")
        if wanted not in plain:
            raise UnknownName(f"MinAtar has no game `{self.id}`.{nearest(self.id, GAMES)} Games: {listed(GAMES)}")
        return plain[wanted]
