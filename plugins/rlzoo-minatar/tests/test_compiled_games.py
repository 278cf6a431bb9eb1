"""The compiled games against the original ones: the same frames, rewards, ends and random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from minatar import Environment as Original

from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo_minatar.compiled_games import CompiledGames
from rlzoo_minatar.games import GAMES, RAMPING, MinAtar
from rlzoo_minatar.kernels import random, seaquest

LANES, ENVS = 5, 2
SETTINGS: list[dict[str, Any]] = [
    {"sticky": 0.1, "ramping": True, "minimal_actions": False},
    {"sticky": 0.0, "ramping": False, "minimal_actions": True},
    {"sticky": 0.5, "ramping": True, "minimal_actions": True},
]


def assert_identical(game: str, settings: dict[str, Any], frames: int) -> None:
    """Play `frames` frames of all episodes in both engines, with random actions and seeds."""
    settings = settings | {"ramping": settings["ramping"] or game not in RAMPING}
    both = [MinAtar(game, engine=engine, **settings).build(LANES, ENVS) for engine in ("auto", "minatar")]
    assert [type(environment) for environment in both] == [CompiledGames, SteppedEnvironments]
    assert both[0].observation_space == both[1].observation_space
    assert both[0].action_space == both[1].action_space
    rng = np.random.default_rng(0)
    over = np.ones((LANES, ENVS), np.bool_)
    for _ in range(frames // over.size):
        if over.any():
            seeds = rng.integers(2**32, size=over.shape)
            assert_same([environment.reset(over, seeds)] for environment in both)
        actions = rng.integers(both[0].action_space.n, size=over.shape)
        _, _, terminated, truncated = assert_same(environment.step(actions) for environment in both)
        over = terminated | truncated
    for environment in both:
        environment.close()


def assert_same(results: Iterator[Any]) -> Any:
    compiled, original = results
    for mine, theirs in zip(compiled, original, strict=True):
        assert mine.dtype == theirs.dtype
        assert np.array_equal(mine, theirs)
    return compiled


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("game", GAMES)
def test_frames_are_those_of_the_original(game: str, settings: dict[str, Any]) -> None:
    assert_identical(game, settings, 3_000)


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("game", GAMES)
def test_a_hundred_thousand_frames_are_those_of_the_original(game: str, settings: dict[str, Any]) -> None:
    assert_identical(game, settings, 100_000)


@pytest.mark.parametrize("seed", [0, 1, 12_345, 2**31 - 1, 2**32 - 1])
def test_random_numbers_are_those_of_numpy(seed: int) -> None:
    generator = np.zeros(random.LENGTH, np.uint32)
    random.seed(generator, seed)
    theirs = np.random.RandomState(seed)
    for _ in range(500):
        assert random.uniform(generator) == theirs.rand()
        for count in (1, 2, 5, 8):
            assert random.below(generator, count) == theirs.randint(count)


def random_state(rng: np.random.Generator) -> np.ndarray:
    """A state of Seaquest that play rarely reaches: crowded rows, equal objects, any number of divers aboard."""
    state = np.zeros(seaquest.SIZE, np.int64)
    state[seaquest.X], state[seaquest.Y] = rng.integers(1, 9), rng.integers(0, 3)
    state[seaquest.FACES_RIGHT] = rng.integers(2)
    state[seaquest.OXYGEN], state[seaquest.DIVERS_ABOARD] = rng.integers(-1, 201), rng.integers(-1, 7)
    state[seaquest.SPAWN_SPEED], state[seaquest.SPAWN_TIMER] = rng.integers(1, 21), rng.integers(3)
    state[seaquest.DIVER_TIMER], state[seaquest.MOVE_SPEED] = rng.integers(3), rng.integers(2, 6)
    state[seaquest.RAMP_INDEX], state[seaquest.SHOT_TIMER] = rng.integers(9), rng.integers(2)
    lists = state[seaquest.LISTS :].reshape(seaquest.KINDS, seaquest.MOST, seaquest.FIELDS)
    for kind in range(seaquest.KINDS):
        count = state[seaquest.COUNTS + kind] = rng.integers(8)
        lists[kind, :count, :2] = rng.integers([0, 1], [10, 4], (count, 2))
        lists[kind, :count, 2] = rng.integers(2, size=count)
        if kind in (seaquest.FISH, seaquest.SUBS, seaquest.DIVERS):
            lists[kind, :count, 3] = rng.integers(2, size=count)
        if kind == seaquest.SUBS:
            lists[kind, :count, 4] = rng.integers(2, size=count)
    return state


def original_in(state: np.ndarray, seed: int) -> Original:
    """The original game in the same state."""
    game = Original("seaquest", sticky_action_prob=0.0)
    game.seed(seed)
    env, s = game.env, state.tolist()
    env.sub_x, env.sub_y, env.sub_or = s[seaquest.X], s[seaquest.Y], bool(s[seaquest.FACES_RIGHT])
    env.oxygen, env.diver_count = s[seaquest.OXYGEN], s[seaquest.DIVERS_ABOARD]
    env.e_spawn_speed, env.e_spawn_timer = s[seaquest.SPAWN_SPEED], s[seaquest.SPAWN_TIMER]
    env.d_spawn_timer, env.move_speed = s[seaquest.DIVER_TIMER], s[seaquest.MOVE_SPEED]
    env.ramp_index, env.shot_timer, env.surface = s[seaquest.RAMP_INDEX], s[seaquest.SHOT_TIMER], False
    lists = state[seaquest.LISTS :].reshape(seaquest.KINDS, seaquest.MOST, seaquest.FIELDS)
    fields = {"f_bullets": 3, "e_bullets": 3, "e_fish": 4, "e_subs": 5, "divers": 4}
    for kind, (name, count) in enumerate(fields.items()):
        setattr(env, name, lists[kind, : state[seaquest.COUNTS + kind], :count].tolist())
    return game


def test_seaquest_in_rare_states_is_the_original() -> None:
    rng = np.random.default_rng(0)
    rewards = 0.0
    for case in range(300):
        environment = MinAtar("seaquest", sticky=0.0).build(1, 1)
        environment.reset(np.ones((1, 1), np.bool_), np.array([[case]]))
        state = environment._states[0] = random_state(rng)  # type: ignore[attr-defined]
        original = original_in(state, case)
        for action in rng.integers(6, size=10):
            observation, reward, terminated, _ = environment.step(np.array([[action]]))
            expected, over = original.act(int(action))
            assert (reward.item(), terminated.item()) == (expected, over)
            rewards += expected
            if over:
                break
            assert np.array_equal(observation[0, 0], original.state())
    assert rewards > 100


def test_a_reset_leaves_other_environments_alone() -> None:
    environment = MinAtar("asterix").build(2, 1)
    before = environment.reset(np.ones((2, 1), np.bool_), np.array([[1], [2]]))
    for _ in range(40):
        before = environment.step(np.ones((2, 1), np.int64))[0]
    after = environment.reset(np.array([[True], [False]]), np.array([[3], [4]]))
    assert np.array_equal(after[1], before[1])
    assert not np.array_equal(after[0], before[0])
    assert not np.shares_memory(after, before)
