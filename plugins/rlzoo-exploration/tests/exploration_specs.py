from typing import Any

import torch
from gymnasium.spaces import Discrete, Space

from rlzoo.contracts import BuildSpec
from rlzoo.lanes.rng import LaneRng


def make_spec(space: Space[Any], actions: int = 3, lanes: int = 1, envs: int = 1, **more: Any) -> BuildSpec:
    """A `BuildSpec` for lanes with the seeds 0, 1, ..."""
    rng, device = LaneRng(range(lanes), "test"), torch.device("cpu")
    return BuildSpec(space, Discrete(actions), lanes, envs, device, rng, steps=1_000, **more)
