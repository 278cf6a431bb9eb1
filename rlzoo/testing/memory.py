"""A full buffer takes no more memory, however long a run is."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import pairwise

import torch

from rlzoo.testing.case import Case
from rlzoo.testing.feeding import Feeding
from rlzoo.testing.verdict import Untried, demand
from rlzoo.training import one_thread

MOST = 3_000
"""Transitions after which a buffer should be full."""
WINDOW = 200
"""Transitions between two looks at the memory."""
WINDOWS = 3
LEAK = 4
"""Bytes per transition; less is noise. Even a list of references to one object takes eight."""


def check_memory(case: Case) -> None:
    """Once `len()` grows no more, neither does memory."""
    with one_thread():
        feeding = Feeding(case)
        _fill(feeding)
        tracemalloc.start()
        try:
            used = [_used_after_window(feeding) for _ in range(WINDOWS + 1)]
        finally:
            tracemalloc.stop()
    grown = min(after - before for before, after in pairwise(used)) / WINDOW
    demand(
        grown < LEAK,
        f"a full buffer of {len(feeding.buffer)} transitions grows by {grown:.0f} bytes with each one that is added: "
        "something is kept that was evicted",
    )


def _fill(feeding: Feeding) -> None:
    held = -1
    while len(feeding.buffer) > held:
        held = len(feeding.buffer)
        feeding.add(WINDOW // 4)
        if feeding.added > MOST:
            raise Untried(f"not full after {MOST} transitions; `trials` may give it less room")


def _used_after_window(feeding: Feeding) -> int:
    """Bytes of Python and NumPy, which are traced, and of torch, which are not."""
    for _ in range(WINDOW // 4):
        feeding.add(4)
        feeding.sample()
    gc.collect()
    tensors = (it for it in gc.get_objects() if issubclass(type(it), torch.Tensor))
    storages = {storage.data_ptr(): storage.nbytes() for storage in (tensor.untyped_storage() for tensor in tensors)}
    return tracemalloc.get_traced_memory()[0] + sum(storages.values())
