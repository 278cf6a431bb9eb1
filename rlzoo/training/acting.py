"""Q values for acting, from rows of parameters and without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from rlzoo.contracts import NetworkKernel, Objective, ObjectiveKernel
from rlzoo.lanes.kernels import offered
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.loops import values_all


@dataclass(frozen=True)
class CompiledValues:
    """Compiled network and objective, and their scratch memory. Observations are float32 vectors."""

    network: NetworkKernel
    objective: ObjectiveKernel
    rows: np.ndarray  # float32 [L, P], a view of the parameters
    actions: int  # A
    scratch: np.ndarray  # float32 [2, W]
    outputs: np.ndarray  # float32 [A * K]

    def __call__(self, observation: np.ndarray) -> np.ndarray:
        """Observations `[L, N, ...]` -> Q `[L, N, A]`."""
        lanes, envs = observation.shape[:2]
        q = np.empty((lanes * envs, self.actions), np.float32)
        flat = np.ascontiguousarray(observation, np.float32).reshape(len(q), -1)
        values_all(
            self.network.forward.address, self.network.layout, self.objective.values.address, self.objective.numbers,
            self.rows, flat, self.scratch, self.outputs, q,
        )  # fmt: skip
        return q.reshape(lanes, envs, -1)


def compiled_values(
    network: LaneLayer, objective: Objective, starts: Mapping[str, int], row: Tensor
) -> CompiledValues | None:
    """What computes Q values without torch; None unless both network and objective offer kernels."""
    first, then = network.kernel(starts), offered(objective, "kernel", "q_values")
    if first is None or then is None:
        return None
    actions = first.outputs // objective.outputs
    scratch, outputs = np.zeros((2, first.width), np.float32), np.zeros(first.outputs, np.float32)
    return CompiledValues(first, then, row.numpy(), actions, scratch, outputs)
