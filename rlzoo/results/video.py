"""Videos of a trained agent."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import DependencyNotInstalled
from gymnasium.wrappers import RecordVideo

from rlzoo.components.environments.masks import read_mask
from rlzoo.contracts import Composition, EnvironmentFamily
from rlzoo.contracts.errors import BadInput
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.results.agent import Agent


def record_video(composition: Composition, agent: Agent, seed: int, purpose: str, folder: Path) -> Path:
    """Record a seed's first greedy episode of a `purpose`, at most `train.eval_max_steps` long, into `folder`.

    Raises BadInput where the environment cannot be rendered, or a package for videos is missing.
    """
    family: EnvironmentFamily = composition["environment"]
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # without a screen, SDL would complain on stderr
    if not _can_render(family):
        raise BadInput(f"no video of `{family.id}`: the environment has no render mode rgb_array")
    first = int(EpisodeSeeds([seed], 1, purpose).draw(np.ones((1, 1), np.bool_))[0, 0])
    name = f"seed-{seed}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an older video of the same name is overwritten on purpose
        try:
            env = family.make("rgb_array")
            assert env is not None
            env = RecordVideo(env, str(folder), lambda _: True, name_prefix=name, disable_logger=True)
            _play(env, agent, first, composition.train.eval_max_steps)
        except DependencyNotInstalled as error:
            raise BadInput(f'no video of `{family.id}`: {error}; run `pip install "rlzoo-lanes[video]"`') from error
    return folder / f"{name}-episode-0.mp4"


def _can_render(family: EnvironmentFamily) -> bool:
    env = family.make()
    if env is None:
        return False
    env.close()
    return "rgb_array" in env.metadata.get("render_modes", ())


def _play(env: gymnasium.Env[Any, Any], agent: Agent, seed: int, max_steps: int) -> None:
    observation, info = env.reset(seed=seed)
    agent.reset()
    for _ in range(max_steps):
        mask = read_mask(env, info, agent.action_space) if agent.masked else None
        observation, _, terminated, truncated, info = env.step(agent.act(observation, mask))
        if terminated or truncated:
            break
    env.close()
