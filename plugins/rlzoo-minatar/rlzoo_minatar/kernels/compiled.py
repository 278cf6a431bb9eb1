"""How the loops are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call, and keep the result on disk."""
    try:
        return njit(cache=True, error_model="numpy")(loop)
    except RuntimeError:  # there is no folder to keep it in
        return njit(error_model="numpy")(loop)
