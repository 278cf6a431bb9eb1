"""The rows of a table in every lane, with the gradient in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from rlzoo.lanes.dense import Dense
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.params import Params

LARGEST = 2**24
"""Up to here, float32 has all integers; kernels get observations as float32."""


class Lookup(LaneLayer):
    """`weight[x]` in every lane; `single` if an observation is one number, and thus its output one row."""

    fresh = True

    def __init__(self, prefix: str, rows: int, outputs: int, *, single: bool = False) -> None:
        self.weight, self.rows, self.outputs, self.single = f"{prefix}weight", rows, outputs, single

    @property
    def dense(self) -> Sequence[Dense] | None:
        """The product of the table and a unit vector, which is the row itself."""
        known = self.single and self.rows <= LARGEST
        return (Dense(self.weight, None, self.rows, self.outputs, lookup=True),) if known else None

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        """Integers `[L, B, ...]` -> `[L, B, ..., outputs]`."""
        return params[self.weight].gather(1, self._places(x)).view(*x.shape, -1)

    def forward(self, params: Params, x: Tensor) -> tuple[Tensor, Any]:
        """The output, and where each number of it lies in the table."""
        places = self._places(x)
        return params[self.weight].gather(1, places).view(*x.shape, -1), places

    def backward(self, params: Params, grads: Params, saved: Any, gradient: Tensor, wanted: bool) -> Tensor | None:
        """Each row gets the gradients of its lookups, in their order."""
        grads[self.weight].scatter_add_(1, saved, gradient.reshape(saved.shape))
        return None

    def _places(self, x: Tensor) -> Tensor:
        """The number of the row for each output, `[L, lookups, outputs]`."""
        return x.long().flatten(1).unsqueeze(-1).expand(-1, -1, self.outputs)
