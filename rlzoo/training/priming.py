"""Transitions to begin with: first steps only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlzoo.contracts import Buffer, Environment, Transition
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.seeding import EpisodeSeeds


def prime(buffer: Buffer, environment: Environment, seeds: Sequence[int], envs: int, count: int) -> None:
    """Add `count` transitions per lane, whole vector steps: reset, act at random, store.

    The random next action stored with them is what "DQN in 130 lines" does. Streams of their own leave training's
    episodes as they would be without.
    """
    everywhere = np.ones((len(seeds), envs), np.bool_)
    episode_seeds, rng = EpisodeSeeds(seeds, envs, "prime"), LaneRng(seeds, "prime")
    environment.expect_seeds(episode_seeds.upcoming)
    for _ in range(-(-count // envs)):
        observation = environment.reset(everywhere, episode_seeds.draw(everywhere))
        actions = rng.integers(int(environment.action_space.n), (2, envs))  # [L, 2, N]: taken, and stored as the next
        arrived, reward, terminated, _ = environment.step(actions[:, 0])
        reward, terminated = environment.learning_signal(reward, terminated)
        left = ~terminated  # nobody goes on with these episodes
        buffer.add(Transition(observation, actions[:, 0], reward, arrived, terminated, left, actions[:, 1]))
