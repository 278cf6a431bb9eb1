"""What an agent still knows of what it learned first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from rlzoo.contracts import Batch, State


class FirstBatch:
    """The batch of a run's first update, which is kept to see whether what was learned from it lasts.

    With catastrophic forgetting (McCloskey & Cohen, 1989; Kirkpatrick et al., 2017), learning from other states makes
    predictions in these ones wrong again: their TD errors grow (Fedus et al., 2020).
    """

    def __init__(self) -> None:
        self.batch: Batch | None = None

    def see(self, batch: Batch) -> None:
        """Keep a copy of the first batch that is seen."""
        if self.batch is None:
            self.batch = batch.each(torch.clone)

    def state(self) -> State:
        """The batch."""
        if self.batch is None:
            return {"columns": {}}
        fields = {name: it.numpy() for name, it in vars(self.batch).items() if isinstance(it, torch.Tensor)}
        return {**fields, "columns": {name: column.numpy() for name, column in self.batch.columns.items()}}

    def load_state(self, state: State) -> None:
        """Restore it."""
        fields = {name: array for name, array in state.items() if name != "columns"}
        if fields:
            self.batch = Batch(**_tensors(fields), columns=_tensors(state["columns"]))


def _tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
