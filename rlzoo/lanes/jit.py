"""Loops over numbers, compiled by numba."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from numba import njit


def jit(loop: Callable[..., Any], signature: Any = None) -> Any:
    """Compile a function, at once for a `signature` or else when it is first called, and keep the result on disk.

    Arithmetic is that of NumPy: divisions by zero give infinity, and no operations are reordered or fused.
    """
    try:
        return njit(signature, cache=_in_a_module(loop), error_model="numpy")(loop)
    except RuntimeError:  # there is no folder that can be written to
        return njit(signature, error_model="numpy")(loop)


def _in_a_module(loop: Callable[..., Any]) -> bool:
    """Whether it comes from the file of its module; what is typed or executed in other ways changes too often."""
    return getattr(sys.modules.get(loop.__module__), "__file__", None) == loop.__code__.co_filename
