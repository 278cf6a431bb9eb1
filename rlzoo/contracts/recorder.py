"""Parts that add columns to the transitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from rlzoo.contracts.state import Part
from rlzoo.contracts.transition import Column, Transition

if TYPE_CHECKING:
    import numpy as np


class Recorder(Part):
    """A part that may supply further columns with every vector step. Buffers keep them, batches return them."""

    columns: tuple[Column, ...] = ()
    """The columns that `record` supplies. Set before the buffer is built."""

    def record(self, transition: Transition, q_values: Callable[[np.ndarray], np.ndarray]) -> Mapping[str, np.ndarray]:
        """The values of `columns` for one vector step, `[L, N, *shape]` each.

        `q_values` are the online network's for observations `[L, N, ...]`, `[L, N, A]`, -inf for forbidden actions.
        A network with memory takes them as the observations after this step.
        """
        return {}
