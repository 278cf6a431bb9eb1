"""Imported last by the server that worker processes are forked from, so that they need not do the same."""

from rlzoo.lanes.jit import jit


def _nothing() -> None:
    """Numba prepares itself when it compiles for the first time, which takes a quarter of a second."""


jit(_nothing)()
