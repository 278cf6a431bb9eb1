"""Lanes stepped at random, those that are over begun again: Gymnasium in a plain loop, and EnvPool seeded both ways."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np
import pytest

from rlzoo.environments.gymnasium import Gymnasium
from rlzoo.interfaces import Environment
from rlzoo_envpool.pools import EnvPool

ENGINES: dict[str, Callable[[str, int], Environment]] = {
    "gymnasium": lambda id_, lanes: Gymnasium(id_).build(lanes, 1),
    "episodes": lambda id_, lanes: EnvPool(id_, "episodes").build(lanes, 1),
    "environments": lambda id_, lanes: EnvPool(id_, "environments").build(lanes, 1),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("lanes", [10, 100])
@pytest.mark.parametrize("id_", ["CartPole-v1", "LunarLander-v3"])
def test_vector_step(benchmark, id_: str, lanes: int, engine: str) -> None:
    environment, draw = ENGINES[engine](id_, lanes), np.random.default_rng(0)
    environment.reset(np.ones((lanes, 1), np.bool_), draw.integers(2**31, size=(lanes, 1)))
    actions = cycle(draw.integers(2, size=(1_000, lanes, 1)))

    def step() -> None:
        _, _, terminated, truncated = environment.step(next(actions))
        ended = terminated | truncated
        if ended.any():
            environment.reset(ended, draw.integers(2**31, size=(lanes, 1)))

    benchmark.pedantic(step, rounds=1_000, warmup_rounds=200)
    environment.close()
