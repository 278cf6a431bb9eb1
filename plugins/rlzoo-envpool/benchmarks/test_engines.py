"""Environments stepped at random, those that are over begun again: EnvPool against what rlzoo would step otherwise."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter, process_time

import numpy as np
import pytest

from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.contracts import Environment
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo_envpool.pools import EnvPool

Build = Callable[[int, int], Environment]
STEPS = 50
"""Vector steps in a row, before it is the other one's turn."""


class Player:
    """Steps one environment for each lane as the runner does."""

    def __init__(self, build: Build, lanes: int) -> None:
        self.environment, self.seeds = build(lanes, 1), EpisodeSeeds(range(lanes), 1, "env")
        self.environment.expect_seeds(self.seeds.upcoming)
        everywhere = np.ones((lanes, 1), np.bool_)
        self.environment.reset(everywhere, self.seeds.draw(everywhere))
        self.wall, self.cpu = 0.0, 0.0

    def play(self, draw: np.random.Generator) -> None:
        """Take some random vector steps, and time them."""
        actions = draw.integers(int(self.environment.action_space.n), size=(STEPS, *self.seeds.current.shape))
        wall, cpu = perf_counter(), process_time()
        for action in actions:
            _, _, terminated, truncated = self.environment.step(action)
            ended = terminated | truncated
            if ended.any():
                self.environment.reset(ended, self.seeds.draw(ended))
        self.wall += perf_counter() - wall
        self.cpu += process_time() - cpu


def ratios(ours: Build, theirs: Build, lanes: int, seconds: float) -> dict[str, float]:
    """The time of all our steps and resets over theirs, as the clock has it and as all cores do; they take turns."""
    own, other, draw = Player(ours, lanes), Player(theirs, lanes), np.random.default_rng(0)
    while own.wall + other.wall < seconds:
        own.play(draw)
        other.play(draw)
    own.environment.close()
    other.environment.close()
    return {"wall": own.wall / other.wall, "cpu": own.cpu / other.cpu}


@pytest.mark.parametrize("lanes", [1, 10, 100, 1_000])
@pytest.mark.parametrize("id_", ["CartPole-v1", "LunarLander-v3"])
def test_gymnasiums_environments(benchmark, id_: str, lanes: int) -> None:
    benchmark.extra_info |= benchmark.pedantic(ratios, (EnvPool(id_).build, Gymnasium(id_).build, lanes, 20.0))


@pytest.mark.parametrize("lanes", [1, 10])
def test_atari(benchmark, lanes: int) -> None:
    """Making games is dear, so there must be episodes that end."""
    games = pytest.importorskip("rlzoo_atari.games")
    ours, theirs = EnvPool("Pong-v5").build, games.Atari("Pong").build
    benchmark.extra_info |= benchmark.pedantic(ratios, (ours, theirs, lanes, 100.0))
