"""Episodes are seeded from their lane's streams, and an environment can know the seeds to come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.contracts import Environment
from rlzoo.lanes.rng import stream
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.training.evaluation import Evaluator

from support.tiny import make_runner

EVERYWHERE = np.ones((2, 3), np.bool_)


def drawn(seeds: EpisodeSeeds, times: int) -> list[Any]:
    return [seeds.draw(EVERYWHERE).tolist() for _ in range(times)]


def test_each_environment_has_a_stream_of_its_own() -> None:
    rows = np.array(drawn(EpisodeSeeds((4, 7), 3, "env"), 5))  # [5, L, N]
    for lane, seed in enumerate((4, 7)):
        for n in range(3):
            own = stream(seed, f"env.{n}")
            assert rows[:, lane, n].tolist() == [int(own.integers(2**31)) for _ in range(5)]


@pytest.mark.parametrize("asked", [(1,), (0, 3), (4, 2), (7, 9)])
def test_what_is_to_come_is_what_is_drawn_and_asking_changes_nothing(asked: tuple[int, ...]) -> None:
    curious, plain = EpisodeSeeds((4, 7), 3, "env"), EpisodeSeeds((4, 7), 3, "env")
    for _ in range(3):
        for count in asked:
            told = curious.upcoming(count)
            assert told.shape == (2, 3, count)
            assert np.array_equal(told, curious.upcoming(count))
        coming = told.transpose(2, 0, 1).tolist()
        assert drawn(plain, len(coming)) == coming == drawn(curious, len(coming))


def test_each_environment_goes_on_at_its_own_pace() -> None:
    seeds = EpisodeSeeds((4, 7), 3, "env")
    before = seeds.upcoming(3)
    some = np.array([[True, False, False], [False, False, True]])
    assert (seeds.draw(some) == np.where(some, before[..., 0], 0)).all()
    assert (seeds.upcoming(2) == np.where(some[..., None], before[..., 1:], before[..., :2])).all()


class Eager:
    """Listens to an environment: every seed that a reset is given must be the one foreseen for it."""

    def __init__(self, environment: Environment) -> None:
        self._reset, self.told, self.resets = environment.reset, 0, 0
        environment.expect_seeds = self.expect_seeds  # type: ignore[method-assign]
        environment.reset = self.reset  # type: ignore[method-assign]

    def expect_seeds(self, upcoming: Callable[[int], np.ndarray]) -> None:
        self.told += 1
        self._upcoming = upcoming
        self._next = upcoming(1)[..., 0]

    def reset(self, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        assert np.array_equal(seeds[mask], self._next[mask])
        self._next = self._upcoming(1)[..., 0]
        self.resets += 1
        return self._reset(mask, seeds)


def test_a_run_tells_the_seeds_of_its_episodes() -> None:
    runner = make_runner("dqn", {"train.steps": 60, "train.envs": 3}, "Counting", (4, 7))
    eager = Eager(runner.environment)
    list(runner.run())
    assert (eager.told, eager.resets) == (1, 1 + 3)  # after the last step, nothing begins


def test_an_evaluation_tells_the_seeds_of_its_episodes() -> None:
    environment = Gymnasium("rlzoo-tests/Counting-v0").build(2, 3)
    eager = Eager(environment)
    evaluator = Evaluator(environment, (4, 7), 3, max_steps=10)
    for step in range(3):
        evaluator.play(lambda observation, mask, begins: np.zeros((2, 3), np.int64), step, stopped=lambda: False)
    assert (eager.told, eager.resets) == (1, 3)
