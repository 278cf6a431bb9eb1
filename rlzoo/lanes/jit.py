"""Loops over numbers, compiled by numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def jit(loop: Callable[..., Any], signature: Any = None) -> Any:
    """Compile a function, at once for a `signature` or else when it is first called, and keep the result on disk.

    Arithmetic is that of NumPy: divisions by zero give infinity, and no operations are reordered or fused.
    """
    try:
        return njit(signature, cache=True, error_model="numpy")(loop)
    except RuntimeError:  # there is no file that it comes from, or no folder to keep it in
        return njit(signature, error_model="numpy")(loop)
