"""The games against MinAtar's own, and what is asked of an environment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from minatar import Environment as Original

from rlzoo.contracts.errors import OptionError, UnknownName
from rlzoo_minatar.games import GAMES, MinAtar

SEED = 2_000_000_011
ONE = np.ones((1, 1), np.bool_)


def play(options: MinAtar, actions: np.ndarray, seed: int = SEED) -> list[tuple[Any, ...]]:
    """One episode: observation, reward, terminated and truncated after each action, until it is over."""
    environment, told = options.build(1, 1), []
    environment.reset(ONE, np.array([[seed]]))
    for action in actions:
        observation, reward, terminated, truncated = (part[0, 0] for part in environment.step(np.array([[action]])))
        told.append((observation, float(reward), bool(terminated), bool(truncated)))
        if terminated or truncated:
            break
    environment.close()
    return told


def random_actions(count: int = 3_000) -> np.ndarray:
    return np.random.default_rng(0).integers(6, size=count)


@pytest.mark.parametrize(("sticky", "ramping"), [(0.1, True), (0.0, True), (0.5, True), (0.1, False)])
@pytest.mark.parametrize("game", GAMES)
def test_an_episode_is_that_of_the_original(game: str, sticky: float, ramping: bool) -> None:
    if not ramping and game in ("breakout", "freeway"):
        pytest.skip("these never get harder")
    original = Original(game, sticky_action_prob=sticky, difficulty_ramping=ramping)
    original.seed(SEED)
    original.reset()
    played = play(MinAtar(game, sticky=sticky, ramping=ramping), random_actions())
    assert len(played) > 5
    for action, (observation, reward, terminated, truncated) in zip(random_actions(), played, strict=False):
        expected, over = original.act(int(action))
        assert reward == expected
        assert (terminated or truncated) == over
        assert np.array_equal(observation, original.state())  # at the end the true last one


@pytest.mark.parametrize("game", GAMES)
def test_an_episode_depends_on_its_seed_alone(game: str) -> None:
    used, fresh = MinAtar(game).make(), MinAtar(game).make()
    used.reset(seed=5)
    for action in random_actions(40):
        used.step(int(action))
    for seed in (SEED, 1):
        assert np.array_equal(used.reset(seed=seed)[0], fresh.reset(seed=seed)[0])
        for action in random_actions(200):
            (seen, *rest), (expected, *wanted) = used.step(int(action)), fresh.step(int(action))
            assert np.array_equal(seen, expected)
            assert rest == wanted


def test_freeway_is_cut_by_time_and_nothing_else_ends_it() -> None:
    *before, last = play(MinAtar("freeway"), np.full(3_000, 2))
    assert len(before) == 2_500  # the game counts to below zero
    assert not any(terminated or truncated for *_, terminated, truncated in before)
    assert last[2:] == (False, True)


def test_the_other_games_terminate() -> None:
    for game in set(GAMES) - {"freeway"}:
        assert play(MinAtar(game), random_actions())[-1][2:] == (True, False)


@pytest.mark.parametrize(("game", "channels"), list(zip(GAMES, (4, 4, 7, 10, 6), strict=True)))
def test_observations_take_a_byte_a_cell(game: str, channels: int) -> None:
    environment = MinAtar(game).build(2, 3)
    observation = environment.reset(np.ones((2, 3), np.bool_), np.arange(6).reshape(2, 3))
    assert observation.shape == (2, 3, 10, 10, channels)
    assert observation.dtype == np.bool_
    assert environment.observation_space.contains(observation[0, 0])
    assert environment.action_space == Discrete(6)


def test_minimal_actions_are_the_originals_in_its_order() -> None:
    assert [MinAtar(game, minimal_actions=True).build(1, 1).action_space.n for game in GAMES] == [5, 3, 3, 6, 4]
    up, full_up = np.full(200, 1), np.full(200, 2)
    few, all_ = play(MinAtar("freeway", minimal_actions=True), up), play(MinAtar("freeway"), full_up)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(few, all_, strict=True))
    assert sum(reward for _, reward, *_ in few) > 0


@pytest.mark.parametrize("name", ["space_invaders", "SpaceInvaders", "space-invaders", "Space_Invaders"])
def test_a_game_has_several_spellings(name: str) -> None:
    assert MinAtar(name).game == "space_invaders"


def test_an_unknown_game_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"MinAtar has no game `Brakeout`. Did you mean `breakout`\?"):
        MinAtar("Brakeout").build(1, 1)


@pytest.mark.parametrize("game", ["breakout", "freeway"])
def test_there_is_no_ramp_to_switch_off_in_two_games(game: str) -> None:
    with pytest.raises(OptionError, match=f"`environment.ramping` has no effect in {game}"):
        MinAtar(game, ramping=False).build(1, 1)


def test_a_picture_shows_every_cell() -> None:
    game = MinAtar("breakout").make("rgb_array")
    game.reset(seed=0)
    picture = game.render()
    assert picture.shape == (320, 320, 3)
    assert picture.dtype == np.uint8
    cells = picture[16::32, 16::32]
    occupied = game.game.state().any(-1)
    assert (cells[~occupied] == 0).all()
    assert (cells[occupied].max(-1) > 0).all()
