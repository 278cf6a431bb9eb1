"""Vector steps with resets: the vectorized engine, the plain loop, and Gymnasium's vector environment."""

from __future__ import annotations

from itertools import cycle
from typing import Literal

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rlzoo.components.environments.gymnasium import Gymnasium

ENVS = 10
ACTIONS = np.random.default_rng(0).integers(2, size=(1_000, 1, ENVS))


@pytest.mark.parametrize("id_", ["CartPole-v1", "Acrobot-v1", "MountainCar-v0"])
@pytest.mark.parametrize("envs", [10, 100])
@pytest.mark.parametrize("engine", ["auto", "gymnasium"])
def test_vector_step(benchmark, engine: Literal["auto", "gymnasium"], envs: int, id_: str) -> None:
    environment, seeds = Gymnasium(id_, engine=engine).build(1, envs), np.arange(envs).reshape(1, envs)
    environment.reset(np.ones((1, envs), np.bool_), seeds)
    actions = cycle(np.random.default_rng(0).integers(2, size=(1_000, 1, envs)))

    def step() -> None:
        _, _, terminated, truncated = environment.step(next(actions))
        ended = terminated | truncated
        if ended.any():
            environment.reset(ended, seeds)

    benchmark.pedantic(step, rounds=2_000, warmup_rounds=200)
    environment.close()


def test_sync_vector_env(benchmark) -> None:
    make = [lambda: gymnasium.make("CartPole-v1", disable_env_checker=True)] * ENVS
    environment = SyncVectorEnv(make, autoreset_mode=AutoresetMode.DISABLED)
    environment.reset(seed=0)
    actions = cycle(ACTIONS[:, 0])

    def step() -> None:
        _, _, terminated, truncated, _ = environment.step(next(actions))
        ended = terminated | truncated
        if ended.any():
            environment.reset(options={"reset_mask": ended})

    benchmark.pedantic(step, rounds=10_000, warmup_rounds=1_000)
    environment.close()
