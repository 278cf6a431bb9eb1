"""What a part is built from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import gymnasium
    import numpy as np
    import torch

    from rlzoo.lanes.rng import LaneRng

NextAction = Literal["greedy", "behaviour"] | None


@dataclass(frozen=True)
class BuildSpec:
    """What a component may know when it is built. Frozen; fields are only ever added."""

    observation_space: gymnasium.Space[Any]
    action_space: gymnasium.spaces.Discrete
    lanes: int
    envs: int
    device: torch.device
    rng: LaneRng
    """This slot's own random stream in every lane; the only source a component may draw from."""
    steps: int | None
    """Environment steps per lane in the whole run; None where the run is counted in episodes."""
    outputs: int = 1
    """`K`, the numbers the network gives per action. Given to networks and exploration."""
    batch_size: int | None = None
    """Transitions per lane and update; None where the buffer decides alone."""
    next_action: NextAction = None
    """Which next action the transitions carry (see `Objective.next_action`). Given to buffers and exploration."""
    gamma: float = 1.0
    """The objective's discount per step. Given to buffers, which sum rewards over `n_step` steps."""
    n_step: int = 1
    """Steps a sampled transition spans, fewer where the episode ends or the buffer does. Given to buffers."""
    policy: Callable[[np.ndarray], np.ndarray] | None = None
    """Probabilities of the exploration policy now: q `[L, B, A]` -> `[L, B, A]`. Given to objectives."""
