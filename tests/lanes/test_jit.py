from __future__ import annotations

import numpy as np
import pytest
from numba import float64, types

from rlzoo.lanes.jit import jit, jit_sums


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


def _totals(rows: np.ndarray, totals: np.ndarray) -> None:
    for row in range(len(rows)):
        total = np.float32(0)
        for number in rows[row]:
            total += number
        totals[row] = total


def test_split_sums_have_the_same_bits_beside_any_other_rows() -> None:
    rows, totals, alone = np.random.default_rng(0).normal(size=(7, 101)).astype(np.float32), *np.empty((2, 7), "f")
    add = jit_sums(_totals)
    add(rows, totals)
    for row in range(7):
        add(rows[row : row + 1], alone[row : row + 1])
    np.testing.assert_array_equal(totals, alone)
    np.testing.assert_allclose(totals, rows.sum(1, dtype=np.float64), atol=1e-5)


def test_what_a_split_sum_calls_is_not_reordered() -> None:
    rounded = jit(lambda x: (x + np.float32(12582912)) - np.float32(12582912))

    def total(numbers: np.ndarray) -> float:
        total = np.float32(0)
        for number in numbers:
            total += rounded(number)
        return total

    assert jit_sums(total)(np.full(40, 0.6, np.float32)) == 40
