"""The memory of a full buffer does not grow."""

from __future__ import annotations

import gc
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

import torch

from rlzoo.testing.case import Case
from rlzoo.testing.feeding import Feeding
from rlzoo.testing.verdict import RuleSkipped, require
from rlzoo.training.groups import one_thread

MOST = 3_000
"""Number of transitions after which a buffer should be full."""
MORE = 800
"""Number of transitions added to a full buffer."""
LEAK = 4
"""Growth in bytes per transition that counts as a leak; a list of references grows by 8."""
SHARED_TYPES = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType)
"""Types of objects that a buffer refers to without containing them."""


def check_memory(case: Case) -> None:
    """Once `len()` stops growing, memory does too."""
    with one_thread():
        feeding = Feeding(case)
        _fill(feeding)
        before = _reachable_bytes(feeding.buffer)
        _add(feeding, MORE)
        grown = (_reachable_bytes(feeding.buffer) - before) / MORE
    require(
        grown < LEAK,
        f"a full buffer of {len(feeding.buffer)} transitions grows by {grown:.0f} bytes per added transition: it keeps "
        "references to evicted data",
    )


def _fill(feeding: Feeding) -> None:
    held = -1
    while len(feeding.buffer) > held:
        held = len(feeding.buffer)
        _add(feeding, 200)
        if feeding.added > MOST:
            raise RuleSkipped(f"not full after {MOST} transitions; declare a smaller capacity in `trials`")


def _add(feeding: Feeding, transitions: int) -> None:
    for _ in range(transitions // 4):
        feeding.add(4)
        feeding.sample()


def _reachable_bytes(root: object) -> int:
    """The size in bytes of all objects reachable from `root`."""
    seen, waiting, total = set[int](), [root], 0
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, SHARED_TYPES):
            continue
        seen.add(id(item))
        total += sys.getsizeof(item)
        total += item.untyped_storage().nbytes() if isinstance(item, torch.Tensor) else 0
        waiting += gc.get_referents(item)
    return total
