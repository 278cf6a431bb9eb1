"""Ten CartPoles a step, those that are over begun again: our loop, and Gymnasium's own vector environment."""

from __future__ import annotations

from itertools import cycle

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rlzoo.components.environments.gymnasium import Gymnasium

ENVS = 10
ACTIONS = np.random.default_rng(0).integers(2, size=(1_000, 1, ENVS))


def test_own_loop(benchmark) -> None:
    environment, seeds = Gymnasium("CartPole-v1").build(1, ENVS), np.arange(ENVS).reshape(1, ENVS)
    environment.reset(np.ones((1, ENVS), np.bool_), seeds)
    actions = cycle(ACTIONS)

    def step() -> None:
        _, _, terminated, truncated = environment.step(next(actions))
        ended = terminated | truncated
        if ended.any():
            environment.reset(ended, seeds)

    benchmark.pedantic(step, rounds=10_000, warmup_rounds=1_000)
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
