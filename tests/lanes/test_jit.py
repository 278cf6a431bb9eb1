from __future__ import annotations

import numpy as np
import pytest
from numba import float64, types

from rlzoo.lanes.jit import jit


def _total(numbers: np.ndarray) -> float:
    total = 0.0
    for number in numbers:
        total += number
    return total


def test_a_compiled_loop_adds_in_order() -> None:
    assert jit(_total)(np.array([0.1, 0.2, 0.3])) == (0.1 + 0.2) + 0.3


def test_a_signature_compiles_at_once() -> None:
    compiled = jit(_total, float64(types.Array(float64, 1, "C")))
    assert len(compiled.signatures) == 1


def test_a_missing_cache_folder_does_not_prevent_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert jit(_total)(np.ones(3)) == 3


def test_code_without_a_file_is_compiled() -> None:
    names: dict[str, object] = {}
    exec("def twice(x): return 2 * x", names)
    assert jit(names["twice"])(2.0) == 4  # type: ignore[arg-type]
