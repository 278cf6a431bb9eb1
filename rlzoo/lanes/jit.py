"""Loops over numbers, compiled by numba where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib.util import find_spec
from typing import ParamSpec, TypeVar

Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")

NUMBA = find_spec("numba") is not None


def jit(
    loop: Callable[Inputs, Output], otherwise: Callable[Inputs, Output], numba: bool = NUMBA
) -> Callable[Inputs, Output]:
    """`loop`, compiled by numba when it is first called, or `otherwise` where numba is not installed.

    Both must return the same bits: `otherwise` does the same arithmetic in the same order with whole arrays.
    """

    @cache
    def chosen() -> Callable[Inputs, Output]:
        return _compile(loop) if numba else otherwise

    @wraps(loop)
    def call(*arguments: Inputs.args, **named: Inputs.kwargs) -> Output:
        return chosen()(*arguments, **named)

    return call


def _compile(loop: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    from numba import njit  # takes a quarter of a second, so not before it is needed

    try:
        return njit(cache=True, error_model="numpy")(loop)
    except RuntimeError:  # there is no folder to keep the machine code in
        return njit(error_model="numpy")(loop)
