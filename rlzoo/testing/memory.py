"""A full buffer takes no more memory, however long a run is."""

from __future__ import annotations

import gc
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

import torch

from rlzoo.testing.case import Case
from rlzoo.testing.feeding import Feeding
from rlzoo.testing.verdict import Untried, demand
from rlzoo.training.groups import one_thread

MOST = 3_000
"""Transitions after which a buffer should be full."""
MORE = 800
"""Transitions that are added to a full one."""
LEAK = 4
"""Bytes per transition; less is noise. Even a list of references to one object takes eight."""
ELSEWHERE = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType)
"""What an object refers to but does not hold."""


def check_memory(case: Case) -> None:
    """Once `len()` grows no more, neither does memory."""
    with one_thread():
        feeding = Feeding(case)
        _fill(feeding)
        before = _held_by(feeding.buffer)
        _add(feeding, MORE)
        grown = (_held_by(feeding.buffer) - before) / MORE
    demand(
        grown < LEAK,
        f"a full buffer of {len(feeding.buffer)} transitions grows by {grown:.0f} bytes with each one that is added: "
        "something is kept that was evicted",
    )


def _fill(feeding: Feeding) -> None:
    held = -1
    while len(feeding.buffer) > held:
        held = len(feeding.buffer)
        _add(feeding, 200)
        if feeding.added > MOST:
            raise Untried(f"not full after {MOST} transitions; `trials` may give it less room")


def _add(feeding: Feeding, transitions: int) -> None:
    for _ in range(transitions // 4):
        feeding.add(4)
        feeding.sample()


def _held_by(root: object) -> int:
    """Bytes of everything that can be reached from an object."""
    seen, waiting, total = set[int](), [root], 0
    while waiting:
        it = waiting.pop()
        if id(it) in seen or isinstance(it, ELSEWHERE):
            continue
        seen.add(id(it))
        total += sys.getsizeof(it)
        total += it.untyped_storage().nbytes() if isinstance(it, torch.Tensor) else 0
        waiting += gc.get_referents(it)
    return total
