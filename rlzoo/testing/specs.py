"""A `BuildSpec` for tests that build a single component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium.spaces import Box, Discrete, Space

from rlzoo.contracts import BuildSpec
from rlzoo.lanes.rng import LaneRng


def make_spec(
    observations: Space[Any] | None = None, actions: int = 3, seeds: Sequence[int] = (0, 1), envs: int = 1, **more: Any
) -> BuildSpec:
    """Make a `BuildSpec` on the CPU with one lane per seed, vector observations of size 4 by default, and 1,000 steps.

    `more` sets other fields of `BuildSpec`.
    """
    values: dict[str, Any] = {
        "observation_space": Box(-1, 1, (4,)) if observations is None else observations,
        "action_space": Discrete(actions),
        "lanes": len(seeds),
        "envs": envs,
        "device": torch.device("cpu"),
        "rng": LaneRng(seeds, "test"),
        "steps": 1_000,
    }
    return BuildSpec(**values | more)
