"""A stacked network: the parameters of every lane, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Params = dict[str, Tensor]
"""Name of a parameter or buffer -> its values in every lane, `[L, ...]`."""
Predict = Callable[[Params, Tensor], Tensor]
"""The stacked network: parameters and observations `[L, B, ...]` -> outputs `[L, B, A]` or `[L, B, A, K]`."""
