from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

from rlzoo.components.buffers.ring import Ring
from rlzoo.contracts import Transition
from rlzoo.contracts.errors import RunFailed
from rlzoo.contracts.spaces import FrameStack
from rlzoo.registry.composition import compose
from rlzoo.testing import run

from support.tiny import CATALOG, make_spec

LANES, SIDE, GAMMA = 2, (2, 3), 0.5
SPACE = FrameStack(0, 255, (3, *SIDE), np.uint8)


class Game:
    """Stacks of random frames; an episode begins with a stack of zeros, of one frame, or of anything."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.begin()

    def frame(self) -> np.ndarray:
        return self.rng.integers(0, 256, (1, *SIDE)).astype(np.uint8)

    def begin(self) -> None:
        first, kind = self.frame(), self.rng.integers(3)
        older = [np.zeros_like(first), first, np.concatenate([self.frame(), self.frame()])][kind]
        self.stack = np.concatenate([older if kind == 2 else older.repeat(2, 0), first])

    def step(self) -> None:
        self.stack = np.concatenate([self.stack[1:], self.frame()])


@dataclass
class Naive:
    """Every transition of a lane with both of its stacks, in a list that only grows."""

    envs: int
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def span(self, number: int, n_step: int) -> tuple[np.ndarray, float, np.ndarray, float, bool]:
        """What a sampled transition has to be, followed through its episode one by one."""
        observation, total, discount = self.rows[number][0], 0.0, 1.0
        for _ in range(n_step):
            _, reward, arrived, terminated, truncated = self.rows[number]
            total, discount = total + discount * reward, discount * GAMMA
            number += self.envs
            if terminated or truncated or number >= len(self.rows):
                break
        return observation, total, arrived, discount, terminated


def play(ring: Ring, envs: int, steps: int, seed: int, ends: float) -> list[Naive]:
    """Fill the ring; some episodes are left before their end, as those that prime a buffer are."""
    rng = np.random.default_rng(seed)
    games = [[Game(rng) for _ in range(envs)] for _ in range(LANES)]
    lists = [Naive(envs) for _ in range(LANES)]
    for _ in range(steps):
        add_step(ring, games, lists, rng, ends)
    return lists


def add_step(ring: Ring, games: list[list[Game]], lists: list[Naive], rng: np.random.Generator, ends: float) -> None:
    shape = (LANES, len(games[0]))
    before, reward = stacks(games), rng.integers(0, 9, shape).astype(np.float32)
    for own in games:
        for game in own:
            game.step()
    after, chance = stacks(games), rng.random(shape) / ends
    terminated, truncated, left = chance < 0.4, (chance >= 0.4) & (chance < 0.8), (chance >= 0.8) & (chance < 1)
    ring.add(Transition(before, np.zeros(shape, np.int64), reward, after, terminated, truncated))
    for lane, env in np.ndindex(shape):
        row = before[lane, env], reward[lane, env], after[lane, env], terminated[lane, env], truncated[lane, env]
        lists[lane].rows.append(row)
        if (terminated | truncated | left)[lane, env]:
            games[lane][env].begin()


def stacks(games: list[list[Game]]) -> np.ndarray:
    return np.array([[game.stack for game in own] for own in games])


def assert_equal(ring: Ring, lists: list[Naive], n_step: int) -> None:
    """Every transition the ring holds is what the list says."""
    held = len(ring)
    batch = ring.gather(ring.latest(held).expand(LANES, -1))
    for lane, naive in enumerate(lists):
        for i, number in enumerate(range(len(naive.rows) - held, len(naive.rows))):
            observation, total, arrived, discount, terminated = naive.span(number, n_step)
            assert np.array_equal(batch.observation[lane, i], observation)
            assert np.array_equal(batch.next_observation[lane, i], arrived)
            assert batch.reward[lane, i] == total
            assert batch.discount[lane, i] == discount
            assert batch.terminated[lane, i] == terminated


@settings(max_examples=150)
@given(
    capacity=st.integers(1, 14),
    envs=st.integers(1, 4),
    steps=st.integers(1, 25),
    n_step=st.integers(1, 4),
    ends=st.sampled_from([0.01, 0.3, 0.9]),
    seed=st.integers(0, 10**6),
)
def test_stacks_are_those_of_a_list_that_keeps_them_whole(
    capacity: int, envs: int, steps: int, n_step: int, ends: float, seed: int
) -> None:
    spec = make_spec(SPACE, lanes=LANES, envs=envs, gamma=GAMMA, n_step=n_step)
    ring = Ring(spec, max(capacity, envs))
    assert_equal(ring, play(ring, envs, steps, seed, ends), n_step)


@pytest.mark.parametrize("steps", [0, 2, 5, 30])
def test_state_leaves_and_returns(steps: int) -> None:
    spec = make_spec(SPACE, lanes=LANES, envs=2, gamma=GAMMA)
    ring, rng = Ring(spec, 9), np.random.default_rng(0)
    games, lists = [[Game(rng), Game(rng)] for _ in range(LANES)], [Naive(2) for _ in range(LANES)]
    for _ in range(steps):
        add_step(ring, games, lists, rng, 0.3)
    restored = Ring(spec, 9)
    restored.load_state(ring.state())
    for _ in range(12):
        add_step(restored, games, lists, rng, 0.3)
        assert_equal(restored, lists, 1)


def test_memory_does_not_grow_with_the_number_of_episodes() -> None:
    ring = Ring(make_spec(SPACE, lanes=LANES, envs=2), 20)
    play(ring, 2, 400, 0, 0.9)
    starts = ring.state()["observations"]["starts"]
    assert all(0 < len(own) <= 20 + 2 * 2 for own in starts)


def test_a_space_that_promises_too_much_is_found_out() -> None:
    ring = Ring(make_spec(SPACE, lanes=1), 9)
    one = np.zeros((1, 1, 3, *SIDE), np.uint8)
    nothing = np.zeros((1, 1), np.bool_)
    with pytest.raises(RunFailed, match="not frame stacks"):
        ring.add(Transition(one, nothing.astype(np.int64), nothing.astype(np.float32), one + 1, nothing, nothing))


class Stacked(gymnasium.Env[np.ndarray, int]):
    """Random frames in stacks of three, said to be a FrameStack or not."""

    action_space = Discrete(2)

    def __init__(self, declared: bool) -> None:
        self.observation_space = SPACE if declared else Box(0, 255, SPACE.shape, np.uint8)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.game = Game(self.np_random)
        return self.game.stack, {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.game.step()
        chance = self.np_random.random()
        return self.game.stack, action + float(self.np_random.random()), chance < 0.1, 0.1 < chance < 0.2, {}


for declared in (False, True):
    gymnasium.register(f"rlzoo-tests/Stacked{declared}-v0", Stacked, kwargs={"declared": declared})

SMALL = {
    "train.steps": 120,
    "train.learning_starts": 10,
    "train.update_every": 2,
    "network.hidden": (6,),
}


@pytest.mark.parametrize(
    ("buffer", "more"),
    [
        ("uniform", {"buffer.capacity": 30, "train.batch_size": 8}),
        ("uniform", {"buffer.capacity": 31, "train.batch_size": 8, "train.n_step": 3, "train.envs": 4}),
        ("recent", {"train.batch_size": 8, "train.envs": 3}),
        ("online", {"train.envs": 2}),
    ],
)
def test_learning_is_the_same_to_the_bit(buffer: str, more: dict[str, Any]) -> None:
    def outcome(declared: bool) -> Any:
        environment = f"rlzoo-tests/Stacked{declared}-v0"
        return run(compose(CATALOG, "dqn", {"buffer": buffer}, SMALL | more, environment), [3, 1])

    whole, once = outcome(False), outcome(True)
    for seed in (3, 1):
        assert once[seed].same(whole[seed])
