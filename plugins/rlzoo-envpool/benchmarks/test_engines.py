"""Ten environments a step, those that are over begun again: EnvPool's, and Gymnasium's in a plain loop."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest

from rlzoo.environments.gymnasium import Gymnasium
from rlzoo_envpool.pools import EnvPool

LANES = 10
ENGINES = {"envpool": EnvPool, "gymnasium": Gymnasium}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("id_", ["CartPole-v1", "LunarLander-v3"])
def test_ten_lanes(benchmark, id_: str, engine: str) -> None:
    """The time of one vector step under random actions, resets among them; `steps_per_second` counts each lane's."""
    environment, seeds = ENGINES[engine](id_).build(LANES, 1), np.arange(LANES).reshape(LANES, 1)
    environment.reset(np.ones((LANES, 1), np.bool_), seeds)
    actions = cycle(np.random.default_rng(0).integers(environment.action_space.n, size=(1_000, LANES, 1)))

    def step() -> None:
        _, _, terminated, truncated = environment.step(next(actions))
        ended = terminated | truncated
        if ended.any():
            environment.reset(ended, seeds)

    benchmark.pedantic(step, rounds=3_000, warmup_rounds=300)
    benchmark.extra_info["steps_per_second"] = round(LANES / benchmark.stats["mean"])
    environment.close()
