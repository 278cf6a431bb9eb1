"""What a network with memory remembers while it acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import State
from rlzoo.lanes.params import Params, Predict, unroll


class Memory:
    """The memory of a network in `L x N` episodes, `[L, N, M]`: zeros where one begins."""

    def __init__(self, lanes: int, envs: int, size: int) -> None:
        self.before = np.zeros((lanes, envs, size), np.float32)  # the current step
        self._after = self.before

    def begin_step(self, begins: np.ndarray) -> None:
        """Go on to the next step, the first of its episode where `begins` `[L, N]`."""
        self.before = np.where(begins[..., None], np.float32(0), self._after)

    def run(self, predict: Predict, params: Params, observation: Tensor) -> Tensor:
        """The outputs for the observations of this step, `[L, N, ...]`, which are remembered."""
        before = torch.from_numpy(self.before).to(observation.device)
        outputs, after = unroll(predict, params, observation.unsqueeze(2), before)
        self._after = after[:, :, 0].cpu().numpy()
        return outputs[:, :, 0]

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Inside, observations are those after this step; nothing is remembered."""
        before, after = self.before, self._after
        self.before = after
        yield
        self.before, self._after = before, after

    def state(self) -> State:
        """The memory before and after the current step."""
        return {"before": self.before.copy(), "after": self._after.copy()}

    def load_state(self, state: State) -> None:
        """Restore it."""
        self.before, self._after = state["before"].copy(), state["after"].copy()
