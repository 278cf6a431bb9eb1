"""The environment against one by hand, and what is asked of an environment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from by_hand import ByHand, same

import rlzoo_atari
from rlzoo.contracts import Environment
from rlzoo.contracts.errors import BadInput, UnknownName
from rlzoo.contracts.spaces import FrameStack
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.testing import CHECKS, Case, installed
from rlzoo_atari.games import Atari

CATALOG = installed()
ONE = np.ones((1, 1), np.bool_)
SEED = 2_000_000_011


def begun(options: Atari, seeds: Any = ((SEED,),)) -> tuple[Environment, np.ndarray]:
    environment = options.build(len(seeds), len(seeds[0]))
    return environment, environment.reset(np.ones((len(seeds), len(seeds[0])), np.bool_), np.array(seeds))


def actions(environment: Environment, count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(int(environment.action_space.n), size=count)


SLOW = pytest.mark.slow


@pytest.mark.slow
@pytest.mark.parametrize(
    ("game", "sticky", "skip"),
    [
        ("Pong", 0.5, 2),
        pytest.param("Breakout", 0.25, 4, marks=SLOW),
        pytest.param("Seaquest", 0.0, 4, marks=SLOW),
        pytest.param("Pong", 0.0, 4, marks=SLOW),
    ],
)
def test_what_is_seen_and_won_is_what_the_emulator_shows_and_gives(game: str, sticky: float, skip: int) -> None:
    environment, first = begun(Atari(game, sticky=sticky, frame_skip=skip, noops=0))
    original = ByHand(game.lower(), SEED, sticky, skip)
    assert same(first[0, 0], original.begin(0))
    for action in actions(environment, 120).tolist():
        observation, reward, terminated, truncated = environment.step(np.array([[action]]))
        expected, points, over = original.step(action)
        assert (reward[0, 0], terminated[0, 0], truncated[0, 0]) == (points, over, False)
        if over:
            break
        assert same(observation[0, 0], expected)


@SLOW
def test_an_episode_begins_with_up_to_so_many_no_ops() -> None:
    original = ByHand("asterix", SEED)  # whose every frame differs; without sticky actions seeds do not matter
    counts: list[int] = []
    frames = [original.begin(0)[-1], *(original.begin(1)[-1] for _ in range(40))]
    for seed in range(0, 48, 4):
        _, first = begun(Atari("Asterix", noops=3), (tuple(range(seed, seed + 4)),))
        assert not first[0, :, :-1].any()
        counts += [[same(seen, frame) for frame in frames].index(True) for seen in first[0, :, -1]]
    assert set(counts) == {0, 1, 2, 3}


def lives_of(game: str, seed: int, taken: list[int]) -> list[int]:
    original = ByHand(game, seed)
    original.begin(0)
    lives = [original.ale.lives()]
    for action in taken:
        original.step(action)
        lives.append(original.ale.lives())
    return lives


@SLOW
def test_a_lost_life_is_an_end_to_learn_from_but_none_of_the_episode() -> None:
    environment, _ = begun(Atari("Breakout", noops=0))
    unlimited, _ = begun(Atari("Breakout", noops=0, episodic_life=False))
    taken = ([1] + [2] * 9) * 10  # fire, then run away
    lives = lives_of("breakout", SEED, taken)
    assert min(lives) >= 1
    assert lives[0] - lives[-1] >= 2
    for step, action in enumerate(taken):
        _, reward, terminated, _ = environment.step(np.array([[action]]))
        _, ends = environment.learning_signal(reward, terminated)
        assert not terminated[0, 0]
        assert ends[0, 0] == (lives[step + 1] < lives[step])
        _, reward, terminated, _ = unlimited.step(np.array([[action]]))
        assert unlimited.learning_signal(reward, terminated)[1] is terminated


def test_rewards_are_points_and_lessons_are_clipped() -> None:
    environment, _ = begun(Atari("Asterix", noops=0))
    plain = Atari("Asterix", clip_rewards=False).build(1, 1)
    rewards = [environment.step(np.array([[action]]))[1] for action in actions(environment, 60).tolist()]
    assert max(reward[0, 0] for reward in rewards) == 50.0
    never = np.zeros((1, 1), np.bool_)
    for reward in [*rewards, np.array([[-7.0]])]:
        assert environment.learning_signal(reward, never)[0] == np.sign(reward)
        assert plain.learning_signal(reward, never)[0] is reward


@pytest.mark.slow
@pytest.mark.parametrize(("frames", "skip"), [(40, 4), (42, 4), (40, 7)])
def test_time_is_up_after_so_many_frames_and_the_last_one_seen_is_true(frames: int, skip: int) -> None:
    cut, _ = begun(Atari("Pong", max_frames=frames, frame_skip=skip))
    whole, _ = begun(Atari("Pong", frame_skip=skip))
    for step, action in enumerate(actions(cut, -(-frames // skip)).tolist(), start=1):
        seen, _, terminated, truncated = cut.step(np.array([[action]]))
        assert truncated[0, 0] == (skip * step >= frames)
        assert not terminated[0, 0]
        assert np.array_equal(seen, whole.step(np.array([[action]]))[0])


@pytest.mark.slow
def test_a_game_that_is_over_is_terminated_and_waits_to_be_reset() -> None:
    environment, _ = begun(Atari("Breakout", noops=0, frame_skip=20), ((1, 2),))
    for _ in range(400):
        _, _, terminated, truncated = environment.step(np.array([[1, 1]]))
        if terminated.any():
            break
    assert terminated.any()
    assert not truncated.any()
    other = environment.step(np.array([[0, 0]]))[0][~terminated]
    observation = environment.reset(terminated, np.array([[7, 7]]))
    assert np.array_equal(observation[~terminated], other)
    fresh = begun(Atari("Breakout", noops=0, frame_skip=20), ((7, 7),))[1]
    assert np.array_equal(observation[terminated], fresh[terminated])


@pytest.mark.slow
def test_an_episode_depends_on_its_seed_alone() -> None:
    def played(environment: Environment, at: tuple[int, int]) -> list[Any]:
        steps = [environment.step(np.full(environment.shape, action)) for action in range(1, 5)]  # type: ignore[attr-defined]
        return [part[at].tolist() for step in steps for part in step]

    options = Atari("Asterix", side=20, sticky=0.25)
    alone, _ = begun(options, ((5,),))
    beside, _ = begun(options, ((1, 2), (3, 4)))
    played(beside, (0, 0))
    only = np.array([[False, False], [True, False]])
    before = beside.step(np.zeros((2, 2), np.int64))[0]
    after = beside.reset(only, np.full((2, 2), 5))
    assert np.array_equal(before[~only], after[~only])
    expected = played(alone, (0, 0))
    assert played(beside, (1, 0)) == expected


def test_nobody_need_be_reset() -> None:
    environment, first = begun(Atari("Pong", side=20), ((1, 2),))
    assert np.array_equal(environment.reset(np.zeros((1, 2), np.bool_), np.zeros((1, 2), np.int64)), first)


def test_its_space_says_what_it_is() -> None:
    environment, first = begun(Atari("Pong", stack=3, side=42, all_actions=True))
    assert isinstance(environment.observation_space, FrameStack)
    assert environment.observation_space.contains(first[0, 0])
    assert first.shape == (1, 1, 3, 42, 42)
    assert environment.action_space.n == 18


@pytest.mark.parametrize(
    ("name", "game", "sticky"),
    [
        ("atari/Pong", "pong", 0.0),
        ("atari/ms_pacman", "ms_pacman", 0.0),
        ("atari/MsPacman", "ms_pacman", 0.0),
        ("ALE/Pong-v5", "pong", 0.25),
        ("atari/ALE/Pong-v5", "pong", 0.25),
        ("ALE/MsPacman-v5", "ms_pacman", 0.25),
    ],
)
def test_games_are_found_by_their_names(name: str, game: str, sticky: float) -> None:
    options = compose(CATALOG, "dqn", environment=name)["environment"]
    assert (options.game, options.stickiness) == (game, sticky)
    assert (
        compose(CATALOG, "dqn", settings={"environment.sticky": 0.1}, environment=name)["environment"].stickiness == 0.1
    )


@pytest.mark.parametrize(
    ("name", "meant"), [("Pnog", "Pong"), ("mspacmn", "MsPacman"), ("PongNoFrameskip-v4", ""), ("Combat", "")]
)
def test_an_unknown_game_is_answered_with_the_nearest(name: str, meant: str) -> None:
    with pytest.raises(
        UnknownName, match=f"unknown Atari game `{name}`." + (f" Did you mean `{meant}`" if meant else "")
    ):
        Atari(name).build(1, 1)


@pytest.mark.parametrize("check", [pytest.param(check, marks=[] if check == "options" else [SLOW]) for check in CHECKS])
def test_keeps_the_rule(check: str) -> None:
    settings: dict[str, Any] = {"environment.side": 12, "environment.frame_skip": 16}
    if check == "effect":
        settings["train.steps"] = 60  # of which each is an episode when the effect of `max_frames` is tried
    CHECKS[check](Case("environment", "atari/Asterix", CATALOG, settings))


def test_films_are_of_what_is_seen() -> None:
    env = Atari("Pong").make("rgb_array")
    seen, _ = env.reset(seed=SEED)
    assert np.array_equal(seen, begun(Atari("Pong"))[1][0, 0])
    picture = env.render()
    assert picture.shape == (336, 336, 3)
    assert np.array_equal(picture[::4, ::4, 1], seen[-1])
    env.close()
    env.close()


def test_rainbow_says_what_is_missing() -> None:
    plugins = Plugins()
    plugins.register(rlzoo_atari, "rlzoo-atari")
    with pytest.raises(BadInput, match="algorithm `rainbow` comes with the package rlzoo-rainbow"):
        compose(Catalog(plugins), "rainbow-atari")
    compose(Catalog(plugins), "dqn-nature")
