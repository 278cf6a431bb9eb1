"""Atari games as an environment family, using the vector environment of ale-py."""

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
"""Games that need two players."""
NEVER = 2**30
"""Frames: disables the emulator's time limit, at which it returns an outdated frame; `step` counts instead."""


@dataclass(frozen=True)
class Atari(EnvironmentFamily):
    """An Atari game with frame skipping and frame stacking (Bellemare et al., 2013; Mnih et al., 2015)."""

    reference: ClassVar[str] = "Bellemare et al., The Arcade Learning Environment, JAIR 47 (2013)"

    id: Annotated[
        str, Meta(description="name of the game, such as Pong; `Pong-v5`, as in Gymnasium, has sticky actions")
    ]
    frame_skip: Annotated[int, Meta(ge=1, description="frames per action; the last two are max-pooled")] = 4
    sticky: (
        Annotated[
            float,
            Meta(
                ge=0,
                le=1,
                description="probability per frame of repeating the previous action (Machado et al., 2018); "
                "none means 0.25 for names with `-v5`, else 0",
            ),
        ]
        | None
    ) = None
    noops: Annotated[int, Meta(ge=0, description="maximum number of no-op frames at the start of an episode")] = 30
    clip_rewards: Annotated[
        bool, Meta(description="clip rewards to [-1, 1] for learning; returns remain the score of the game")
    ] = True
    episodic_life: Annotated[
        bool, Meta(description="treat a lost life as termination for learning; the episode continues")
    ] = True
    max_frames: Annotated[int, Meta(ge=1, description="frames after which an episode is truncated (30 minutes)")] = (
        108_000
    )
    stack: Annotated[int, Meta(ge=2, description="number of stacked frames per observation")] = 4
    side: Annotated[int, Meta(ge=1, description="width and height of a frame in pixels")] = 84
    all_actions: Annotated[bool, Meta(description="use all 18 actions instead of the minimal set of the game")] = False

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "atari/Asterix", "environment.side": 12, "environment.frame_skip": 16},  # short games
    )

    @property
    def game(self) -> str:
        """The name of the game in the emulator: `MsPacman`, `ms_pacman` and `ALE/MsPacman-v5` are `ms_pacman`.

        Raises UnknownName for an unknown game.
        """
        known = {_plain(game): game for game in roms.get_all_rom_ids() if game not in FOR_TWO}
        wanted = _plain(self.id.removeprefix("ALE/").removesuffix("-v5"))
        if wanted not in known:
            raise UnknownName(f"unknown Atari game `{self.id}`.{nearest(wanted, map(_title, known.values()))}")
        return known[wanted]

    @property
    def stickiness(self) -> float:
        """The probability of repeating the previous action, as given or implied by the name."""
        implied = 0.25 if self.id.endswith("-v5") else 0.0
        return implied if self.sticky is None else self.sticky

    def build(self, lanes: int, envs: int) -> Environment:
        """Build `lanes` x `envs` games, observations are uint8 `[L, N, stack, side, side]`. Raises as `game` does."""
        return Games(self, lanes, envs)

    def make(self, render_mode: str | None = None) -> Player:
        """Make one game as a Gymnasium environment, for videos."""
        return Player(self.build(1, 1), render_mode)


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _title(game: str) -> str:
    return game.title().replace("_", "")


class Games(Environment):
    """`L x N` games in one vector environment without automatic resets."""

    action_space: Discrete

    def __init__(self, options: Atari, lanes: int, envs: int) -> None:
        self.options, self.shape = options, (lanes, envs)
        self._games = AtariVectorEnv(
            options.game,
            lanes * envs,
            num_threads=0,  # one per core; results do not depend on it
            max_num_frames_per_episode=NEVER,
            repeat_action_probability=options.stickiness,
            full_action_space=options.all_actions,
            autoreset_mode=AutoresetMode.NEXT_STEP,
            img_height=options.side,
            img_width=options.side,
            stack_num=options.stack,
            frameskip=options.frame_skip,
            noop_max=options.noops + 1,  # an exclusive upper bound
            episodic_life=False,
            reward_clipping=False,
            use_fire_reset=False,
        )
        self.observation_space = FrameStack(0, 255, (options.stack, options.side, options.side), np.uint8)
        self.action_space = Discrete(int(self._games.single_action_space.n))  # type: ignore[attr-defined]
        self._frames = np.zeros(self.shape, np.int64)  # [L, N] frames of the episode, without no-ops
        self._lives = np.zeros(self.shape, np.int64)
        self._life_lost = np.zeros(self.shape, np.bool_)  # in the last step

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Start games where `mask` `[L, N]`, at first all of them; returns all observations `[L, N, S, H, W]`."""
        which = mask.ravel()
        observation, info = self._games.reset(seed=seeds.ravel()[which], options={"reset_mask": which})
        self._frames[mask] = 0
        self._lives = self._by_lane(info["lives"])
        return self._by_lane(observation)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Step every game with its action, `[L, N]`. Rewards are the points scored."""
        observation, reward, terminated, _, info = self._games.step(actions.ravel())
        lives = self._by_lane(info["lives"])
        self._life_lost, self._lives = lives < self._lives, lives
        self._frames += self.options.frame_skip
        over = self._by_lane(terminated)
        late = (self._frames >= self.options.max_frames) & ~over
        return self._by_lane(observation), self._by_lane(reward).astype(np.float64), over, late

    def learning_signal(self, reward: np.ndarray, terminated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Clipped rewards, and a lost life as an end, as the options say; both `[L, N]`."""
        if self.options.clip_rewards:
            reward = reward.clip(-1, 1)
        return reward, terminated | self._life_lost if self.options.episodic_life else terminated

    def close(self) -> None:
        """Close the games."""
        self._games.close()

    def _by_lane(self, flat: Any) -> np.ndarray:
        return flat.reshape(*self.shape, *flat.shape[1:])
