"""Atari games as an environment family, by the emulator's own vector environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from ale_py import roms
from ale_py.vector_env import AtariVectorEnv
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode

from rlzoo.contracts import Environment, EnvironmentFamily, Meta
from rlzoo.contracts.errors import UnknownName, nearest
from rlzoo.contracts.spaces import FrameStack
from rlzoo_atari.player import Player

FOR_TWO = ("combat", "joust", "maze_craze", "warlords")
"""Games that nobody can play alone."""
NEVER = 2**30
"""Frames; the emulator's limit is ours to watch, since what it shows at its own is an older frame."""


@dataclass(frozen=True)
class Atari(EnvironmentFamily):
    """An Atari game, seen as the last four of every fourth frame (Bellemare et al., 2013; Mnih et al., 2015)."""

    reference: ClassVar[str] = "Bellemare et al., The Arcade Learning Environment, JAIR 47 (2013)"

    id: Annotated[
        str, Meta(description="the game, such as Pong; `Pong-v5` is Gymnasium's name, with its sticky actions")
    ]
    frame_skip: Annotated[int, Meta(ge=1, description="frames an action lasts; the last two make what is seen")] = 4
    sticky: (
        Annotated[
            float,
            Meta(
                ge=0,
                le=1,
                description="the chance in each frame that the last action goes on (Machado et al., 2018); "
                "none means 0.25 for names with `-v5`, else 0",
            ),
        ]
        | None
    ) = None
    noops: Annotated[int, Meta(ge=0, description="an episode begins with up to so many frames of doing nothing")] = 30
    clip_rewards: Annotated[
        bool, Meta(description="learn from rewards clipped to -1 and 1; returns stay the game's score")
    ] = True
    episodic_life: Annotated[
        bool, Meta(description="learn that a lost life is an end; the episode and its return go on")
    ] = True
    max_frames: Annotated[int, Meta(ge=1, description="frames after which an episode is truncated: half an hour")] = (
        108_000
    )
    stack: Annotated[int, Meta(ge=2, description="how many frames an observation holds")] = 4
    side: Annotated[int, Meta(ge=1, description="pixels along each side of a frame")] = 84
    all_actions: Annotated[bool, Meta(description="all 18 actions, not only those that do something in the game")] = (
        False
    )

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "atari/Asterix", "env.side": 12, "env.frame_skip": 16},  # games that are soon over
    )

    @property
    def game(self) -> str:
        """The game as the emulator calls it: `MsPacman`, `ms_pacman` and `ALE/MsPacman-v5` are `ms_pacman`.

        Raises UnknownName for a game that there is not.
        """
        known = {_plain(game): game for game in roms.get_all_rom_ids() if game not in FOR_TWO}
        wanted = _plain(self.id.removeprefix("ALE/").removesuffix("-v5"))
        if wanted not in known:
            raise UnknownName(f"no Atari game is called `{self.id}`.{nearest(wanted, map(_title, known.values()))}")
        return known[wanted]

    @property
    def stickiness(self) -> float:
        """The chance that an action sticks, as given or as the name implies."""
        implied = 0.25 if self.id.endswith("-v5") else 0.0
        return implied if self.sticky is None else self.sticky

    def build(self, lanes: int, envs: int) -> Environment:
        """`lanes` x `envs` games, with observations `[L, N, stack, side, side]` of bytes. Raises as `game` does."""
        return Games(self, lanes, envs)

    def make(self, render_mode: str | None = None) -> Player:
        """One game as Gymnasium has it, to be filmed."""
        return Player(self.build(1, 1), render_mode)


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _title(game: str) -> str:
    return game.title().replace("_", "")


class Games(Environment):
    """`L x N` games in one vector environment, which never resets any by itself."""

    action_space: Discrete

    def __init__(self, options: Atari, lanes: int, envs: int) -> None:
        self.options, self.shape = options, (lanes, envs)
        self._games = AtariVectorEnv(
            options.game,
            lanes * envs,
            num_threads=0,  # as many as there are cores; each game is its own, so results are the same with any number
            max_num_frames_per_episode=NEVER,
            repeat_action_probability=options.stickiness,
            full_action_space=options.all_actions,
            autoreset_mode=AutoresetMode.NEXT_STEP,
            img_height=options.side,
            img_width=options.side,
            stack_num=options.stack,
            frameskip=options.frame_skip,
            noop_max=options.noops + 1,  # it draws a number below that
            episodic_life=False,
            reward_clipping=False,
            use_fire_reset=False,
        )
        self.observation_space = FrameStack(0, 255, (options.stack, options.side, options.side), np.uint8)
        self.action_space = Discrete(int(self._games.single_action_space.n))  # type: ignore[attr-defined]
        self._frames = np.zeros(self.shape, np.int64)  # [L, N] since the episode began, but for no-ops
        self._lives = np.zeros(self.shape, np.int64)
        self._lost = np.zeros(self.shape, np.bool_)  # a life, in the last step

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Begin games where `mask` `[L, N]`, seeded; the first reset must be of all. Observations `[L, N, S, H, W]`."""
        which = mask.ravel()
        observation, told = self._games.reset(seed=seeds.ravel()[which], options={"reset_mask": which})
        self._frames[mask] = 0
        self._lives = self._by_lane(told["lives"])
        return self._by_lane(observation)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every game with its action, `[L, N]`. Rewards are the game's points."""
        observation, reward, terminated, _, told = self._games.step(actions.ravel())
        lives = self._by_lane(told["lives"])
        self._lost, self._lives = lives < self._lives, lives
        self._frames += self.options.frame_skip
        over = self._by_lane(terminated)
        late = (self._frames >= self.options.max_frames) & ~over
        return self._by_lane(observation), self._by_lane(reward).astype(np.float64), over, late

    def learning_signal(self, reward: np.ndarray, terminated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Clipped rewards, and a lost life as an end, as the options say; both `[L, N]`."""
        if self.options.clip_rewards:
            reward = reward.clip(-1, 1)
        return reward, terminated | self._lost if self.options.episodic_life else terminated

    def close(self) -> None:
        """No more games; the emulators and their threads go with this object."""
        self._games.close()

    def _by_lane(self, flat: Any) -> np.ndarray:
        return flat.reshape(*self.shape, *flat.shape[1:])
