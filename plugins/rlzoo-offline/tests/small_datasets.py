"""A tiny Markov decision process, and datasets that tests write themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Discrete, Space
from minari.data_collector import EpisodeBuffer
from minari.dataset.minari_storage import MinariStorage

from rlzoo.contracts import BuildSpec
from rlzoo.lanes.rng import LaneRng

TWO = Discrete(2)
Episode = tuple[Sequence[Any], Sequence[int], Sequence[float], bool]
"""Observations, actions, rewards, and whether it terminated."""
MDP = {(0, 0): (1, 0.0, False), (0, 1): (0, 0.5, True), (1, 0): (1, 0.0, True), (1, 1): (1, -1.0, True)}
"""State and action -> next state, reward, and whether the episode terminates."""


class Trap(gymnasium.Env[int, int]):
    """Action 1 earns 0.5 at once; action 0 leads to a state in which action 0 earns nothing and action 1 loses 1."""

    observation_space, action_space = Discrete(2), Discrete(2)
    collecting = False
    """Whether `step` is allowed."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        self.state = 0
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.state, reward, over = MDP[self.state, int(action)]
        return self.state, reward, over, False, {}


gymnasium.register("rlzoo-tests/Trap-v0", Trap)


def episode_of(actions: Sequence[int]) -> Episode:
    """What these actions do in the trap."""
    states, rewards, over = [0], [], False
    for action in actions:
        state, reward, over = MDP[states[-1], action]
        states.append(state)
        rewards.append(reward)
    return states, actions, rewards, over


SEEN = [episode_of([0, 0]), episode_of([1])]
"""Everything but action 1 in state 1."""


def write_dataset(
    folder: Path,
    episodes: Sequence[Episode],
    observations: Space[Any] = TWO,
    actions: Space[Any] = TWO,
) -> str:
    """A dataset in Minari's format; episodes that did not terminate are truncated."""
    folder.mkdir(parents=True)
    storage = MinariStorage.new(folder, observations, actions, data_format="hdf5", jpeg_encoding=False)
    storage.update_metadata({"dataset_id": "tests/trap-v0", "minari_version": "0.5.4"})
    storage.update_episodes([_buffer(*episode) for episode in episodes])
    return str(folder)


def _buffer(observations: Sequence[Any], actions: Sequence[int], rewards: Sequence[float], over: bool) -> EpisodeBuffer:
    last = np.arange(len(rewards)) == len(rewards) - 1
    return EpisodeBuffer(
        observations=np.asarray(observations),
        actions=np.asarray(actions),
        rewards=np.asarray(rewards),
        terminations=last & over,
        truncations=last & (not over),
        infos={},
    )


def spec_of(seeds: Sequence[int] = (3, 5), **more: Any) -> BuildSpec:
    """What the buffer of these lanes is built from."""
    fields = {"observation_space": TWO, "action_space": TWO, **more}
    rng, cpu = LaneRng(seeds, "buffer"), torch.device("cpu")
    return BuildSpec(lanes=len(seeds), envs=1, device=cpu, rng=rng, steps=100, **fields)
