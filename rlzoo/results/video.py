"""Films of a trained agent."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import DependencyNotInstalled
from gymnasium.wrappers import RecordVideo

from rlzoo.contracts import Composition
from rlzoo.contracts.errors import BadInput
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo.results.agent import Agent


def film(composition: Composition, agent: Agent, seed: int, purpose: str, folder: Path) -> Path:
    """Film a seed's first greedy episode of a `purpose`, cut after `train.eval_max_steps`, into `folder`.

    Raises BadInput, saying what to do, where the environment cannot be rendered or the film not be made.
    """
    make, id_ = getattr(composition["environment"], "make", None), composition["environment"].id
    if make is None or not _can_be_seen(make()):
        raise BadInput(f"environment `{id_}` cannot be filmed: it has no render mode rgb_array")
    first = int(EpisodeSeeds([seed], 1, purpose).draw(np.ones((1, 1), np.bool_))[0, 0])
    name = f"seed-{seed}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an older film of the same name is overwritten on purpose
        try:
            env = RecordVideo(make("rgb_array"), str(folder), lambda _: True, name_prefix=name, disable_logger=True)
            _play(env, agent, first, composition.train.eval_max_steps)
        except DependencyNotInstalled as error:
            raise BadInput(f'cannot film `{id_}`: {error}; run `pip install "rlzoo-lanes[video]"`') from error
    return folder / f"{name}-episode-0.mp4"


def _can_be_seen(env: gymnasium.Env[Any, Any]) -> bool:
    env.close()
    return "rgb_array" in env.metadata.get("render_modes", ())


def _play(env: gymnasium.Env[Any, Any], agent: Agent, seed: int, longest: int) -> None:
    observation, _ = env.reset(seed=seed)
    for _ in range(longest):
        observation, _, terminated, truncated, _ = env.step(agent.act(observation))
        if terminated or truncated:
            break
    env.close()
