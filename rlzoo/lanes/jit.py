"""Loops over numbers, compiled by numba."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from numba import njit

if TYPE_CHECKING:
    from torch import Tensor


def jit(loop: Callable[..., Any], signature: Any = None) -> Any:
    """Compile a function, at once for a `signature` or else when it is first called, and keep the result on disk.

    Arithmetic is that of NumPy: divisions by zero give infinity, and no operations are reordered or fused.
    """
    return _compile(loop, signature, fastmath=False)


def jit_sums(loop: Callable[..., Any]) -> Any:
    """The same, but sums within a loop may be split among vector instructions, which makes them several times as fast.

    The split depends on the length of the loop only, so the sum of a row has the same bits beside any other rows.
    """
    return _compile(loop, None, fastmath={"reassoc", "nsz"})


def _compile(loop: Callable[..., Any], signature: Any, fastmath: Any) -> Any:
    # If not given, `fastmath` would be that of the function that calls this one.
    try:
        return njit(signature, cache=_in_a_module(loop), error_model="numpy", fastmath=fastmath)(loop)
    except RuntimeError:  # there is no folder that can be written to
        return njit(signature, error_model="numpy", fastmath=fastmath)(loop)


def _in_a_module(loop: Callable[..., Any]) -> bool:
    """Whether it comes from the file of its module; what is typed or executed in other ways changes too often."""
    return getattr(sys.modules.get(loop.__module__), "__file__", None) == loop.__code__.co_filename


def loops_apply(*tensors: Tensor) -> bool:
    """Whether loops over float32 can compute with these: on the CPU, without a gradient, not while torch compiles."""
    import torch

    if torch.compiler.is_compiling():
        return False
    return all(it.device.type == "cpu" and it.dtype == torch.float32 and not it.requires_grad for it in tensors)
