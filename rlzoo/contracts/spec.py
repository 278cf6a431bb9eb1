"""What a part is built from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rlzoo.contracts.transition import Column

if TYPE_CHECKING:
    import gymnasium
    import numpy as np
    import torch

    from rlzoo.lanes.rng import LaneRng
    from rlzoo.lanes.settings import Setting


@dataclass(frozen=True)
class BuildSpec:
    """What a component knows when it builds its part. Frozen; fields are only ever added."""

    observation_space: gymnasium.Space[Any]
    action_space: gymnasium.Space[Any]
    """`Discrete`, unless the objective is `continuous`; then it may be a `Box`."""
    lanes: int
    """`L`, one per seed."""
    envs: int
    """`N`, environments per lane."""
    device: torch.device
    """Where networks learn. Buffers and exploration stay on the CPU."""
    rng: LaneRng
    """The random stream of this slot in every lane: the only source of randomness a part may use."""
    steps: int | None
    """Environment steps per lane in the whole run; None for a run counted in episodes."""
    outputs: int = 1
    """`K`, numbers the network gives per action. Set for networks and exploration."""
    batch_size: int | None = None
    """`B`, transitions per lane and update; None where the buffer decides alone."""
    update_every: int | None = None
    """Environment steps per lane between updates; None where they are counted in episodes."""
    gamma: Setting = 1.0
    """The discount per step, one number or float64 `[L, 1]`. Set for buffers, which sum rewards over `n_step` steps."""
    n_step: int = 1
    """Steps that a return sums before it bootstraps. Set for buffers and objectives."""
    length: int = 1
    """Consecutive steps per sample (`Objective.length`). Set for buffers."""
    columns: tuple[Column, ...] = ()
    """All further columns of the transitions. Set for buffers, which keep and return them."""
    policy: Callable[[np.ndarray], np.ndarray] | None = None
    """Probabilities of the exploration policy: q `[L, B, A]` -> `[L, B, A]`. Set for objectives."""

    @property
    def actions(self) -> int:
        """`A`, the actions that the network values: all of a `Discrete` space; of a `Box` one, the greedy action."""
        return int(getattr(self.action_space, "n", 1))
