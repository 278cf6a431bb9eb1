"""Episodes prepared in pools are those that a pool of one would play, and not many more than are played."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from rlzoo.contracts import Environment
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.training.evaluation import Evaluator
from rlzoo_envpool import supply
from rlzoo_envpool.pools import EnvPool
from rlzoo_envpool.supply import MAX_AHEAD

Made = list[tuple[int, weakref.ref[Any]]]
Upcoming = Callable[[int], np.ndarray]
ACTIONS = {"CartPole-v1": 2, "LunarLander-v3": 4, "FrozenLake-v1": 4, "Acrobot-v1": 3}


@dataclass(frozen=True)
class Recorded(EnvPool):
    """Remembers which pools were made."""

    made: ClassVar[Made] = []

    def pool(self, seeds: np.ndarray, limit: int, threads: int) -> Any:
        pool = super().pool(seeds, limit, threads)
        self.made.append((len(seeds), weakref.ref(pool)))
        return pool


@pytest.fixture
def made() -> Made:
    """The members of each pool that a `Recorded` makes, and whether it is still there."""
    Recorded.made.clear()
    return Recorded.made


def act(seeds: np.ndarray, time: np.ndarray, actions: int) -> np.ndarray:
    """An action that follows from the episode's seed and the time in it."""
    return (seeds // (time + 1) + time) % actions


def played(environment: Environment, seeds: EpisodeSeeds, steps: int, repeat: int = 0) -> dict[Any, list[bytes]]:
    """Lane, environment, number of the episode -> what was seen in it. Every `repeat`-th seed begins two of them."""
    shape, actions = seeds.current.shape, int(environment.action_space.n)
    time, number = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    everywhere = np.ones(shape, np.bool_)
    observation, seen = environment.reset(everywhere, seeds.draw(everywhere)), {}
    for _ in range(steps):
        before, chosen = observation, act(seeds.current, time, actions)
        observation, *told = environment.step(chosen)
        for at in np.ndindex(shape):
            row = (before[at], chosen[at], *(part[at] for part in (observation, *told)))
            seen.setdefault((*at, int(number[at])), []).append(b"".join(np.asarray(it).tobytes() for it in row))
        time += 1
        ended = told[1] | told[2]
        if ended.any():
            anew = ended & ((number % repeat == 0) if repeat else False)
            number[ended], time[ended] = number[ended] + 1, 0
            seeds.draw(ended & ~anew)
            observation = environment.reset(ended, seeds.current)
    environment.close()
    return seen


def prophecy(how: str, right: Upcoming) -> Upcoming:
    """What an environment is told: the seeds to come, others, or every third of them another."""
    return {"right": right, "wrong": lambda k: right(k) + 1, "mixed": lambda k: right(k) + (np.arange(k) % 3 == 2)}[how]


def started(id_: str, lanes: tuple[int, ...], how: str | None) -> tuple[Environment, EpisodeSeeds]:
    environment, seeds = EnvPool(id_, max_episode_steps=40).build(len(lanes), 2), EpisodeSeeds(lanes, 2, "env")
    if how is not None:
        environment.expect_seeds(prophecy(how, seeds.upcoming))
    return environment, seeds


@pytest.mark.slow
@pytest.mark.parametrize("id_", ACTIONS)
def test_an_episode_is_its_seed_and_actions_whichever_member_plays_it_and_whoever_is_beside(id_: str) -> None:
    """The k-th episode of a lane is the same in pools of one and as any member, alone and beside others."""
    alone = {seed: played(*started(id_, (seed,), None), 300) for seed in (3, 8)}
    for lanes in ((3,), (8, 3), (1, 3, 5, 8)):
        for how in ("right", "wrong", "mixed"):
            together = played(*started(id_, lanes, how), 300)
            for seed in {3, 8} & set(lanes):
                own = {key[1:]: seen for key, seen in together.items() if key[0] == lanes.index(seed)}
                assert own == {key[1:]: seen for key, seen in alone[seed].items()}
    assert len(alone[3]) > 10


@pytest.mark.parametrize("repeat", [2, 3, 4])
def test_episodes_that_are_begun_once_more_are_the_same_and_change_nothing(repeat: int) -> None:
    plain = played(*started("CartPole-v1", (3, 8), "right"), 400)
    often = played(*started("CartPole-v1", (3, 8), "right"), 400, repeat)
    for lane, env in np.ndindex(2, 2):
        expected = [seen for key, seen in sorted(plain.items()) if key[:2] == (lane, env)]
        got = [seen for key, seen in sorted(often.items()) if key[:2] == (lane, env)][:-1]
        distinct = [seen for i, seen in enumerate(got) if i == 0 or seen != got[i - 1]]
        assert len(got) > len(distinct) > 3
        assert distinct == expected[: len(distinct)]


def test_an_evaluation_is_the_same_with_pools_that_nothing_was_said_to() -> None:
    def evaluated(listens: bool) -> list[Any]:
        environment = EnvPool("CartPole-v1").build(2, 5)
        if not listens:
            environment.expect_seeds = lambda upcoming: None  # type: ignore[method-assign]
        evaluator = Evaluator(environment, (3, 8), 5, max_steps=60)
        return [
            evaluator.play(lambda it, mask, begins: it[..., 1:3].argmax(-1), step, lambda: False) for step in range(3)
        ]

    assert evaluated(True) == evaluated(False)


def run(steps: int, lanes: int = 5, envs: int = 2) -> tuple[Environment, EpisodeSeeds, int]:
    """A recorded environment, after some steps; how many episodes there were."""
    environment, seeds = Recorded("CartPole-v1").build(lanes, envs), EpisodeSeeds(range(lanes), envs, "env")
    environment.expect_seeds(seeds.upcoming)
    return environment, seeds, len(played(environment, seeds, steps))


@pytest.mark.parametrize("steps", [1, 30, 100, 300, 1_000])
def test_what_is_never_played_stays_in_proportion(steps: int, made: Made) -> None:
    *_, episodes = run(steps)
    assert made[0][0] == 10  # what was asked for and no more
    assert sum(size for size, _ in made) <= 4 * episodes


def test_how_far_ahead_has_an_end(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supply, "SLOW_COHORT", np.inf)
    run(2_000)
    assert 10 * MAX_AHEAD < max(size for size, _ in made) <= 10 * (MAX_AHEAD + 1)


def test_where_pools_take_long_to_make_no_large_ones_are_made(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supply, "SLOW_COHORT", 0.0)
    run(300)
    assert made[0][0] == 10
    assert all(10 < size <= 20 for size, _ in made[1:])


def test_pools_in_which_nobody_plays_are_let_go(made: Made) -> None:
    environment, seeds = Recorded("CartPole-v1").build(1, 3), EpisodeSeeds((0,), 3, "env")
    environment.expect_seeds(seeds.upcoming)
    some = np.array([[True, True, False]])
    environment.reset(np.ones_like(some), seeds.draw(np.ones_like(some)))
    for time in range(200):  # the third environment goes on, and so does its pool, beside the two newest
        environment.step(np.array([[0, 0, time % 2]]))
        environment.reset(some, seeds.draw(some))
        assert sum(pool() is not None for _, pool in made) <= 3
    assert len(made) > 5
    environment.close()
    assert all(pool() is None for _, pool in made)
