"""A stacked network: the parameters of every lane, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

import torch
from torch import Tensor

Params = dict[str, Tensor]
"""Name of a parameter or buffer -> its values in every lane, `[L, ...]`."""
Predict = Callable[[Params, Tensor], Tensor]
"""The stacked network: parameters and observations `[L, B, ...]` -> outputs `[L, B, A]` or `[L, B, A, K]`."""


class Unrolls(Protocol):
    """A stacked network with memory."""

    def unroll(self, params: Params, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
        """See the function of the same name."""


def unroll(
    predict: Predict, params: Params, x: Tensor, memory: Tensor, begins: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Run a network with memory over sequences of `T` steps.

    Observations `[L, B, T, ...]`, the memory before the first of them, `[L, B, M]`, and which steps begin an episode,
    bool `[L, B, T]`, by default none: before these the memory is set to zeros. Returns the outputs, `[L, B, T, A]` or
    `[L, B, T, A, K]`, and the memory after each step, `[L, B, T, M]`.
    """
    begins = torch.zeros(x.shape[:3], dtype=torch.bool, device=x.device) if begins is None else begins
    return cast(Unrolls, predict).unroll(params, x, memory, begins)
