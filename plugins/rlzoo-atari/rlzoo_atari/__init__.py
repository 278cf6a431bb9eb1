"""Atari games, and the published DQN agents for them."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_atari import algorithms


@hookimpl
def rlzoo_environments() -> Mapping[str, str]:
    """Add `--env atari/Pong`, and Gymnasium's name `--env ALE/Pong-v5`."""
    return {"atari": "rlzoo_atari.games:Atari", "ALE": "rlzoo_atari.games:Atari"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add the published agents."""
    return {
        "dqn-2013": algorithms.DQN_2013,
        "dqn-nature": algorithms.DQN_NATURE,
        "rainbow-atari": algorithms.RAINBOW_ATARI,
    }
