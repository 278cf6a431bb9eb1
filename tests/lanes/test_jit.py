from __future__ import annotations

import numpy as np
import pytest

from rlzoo.lanes.jit import jit


def _loop(numbers: np.ndarray) -> float:
    total = 0.0
    for number in numbers:
        total += number
    return total


def _plain(numbers: np.ndarray) -> float:
    return float(numbers.cumsum()[-1])


@pytest.mark.parametrize("numba", [True, False])
def test_the_loop_is_compiled_where_numba_is_installed(numba: bool) -> None:
    total = jit(_loop, otherwise=_plain, numba=numba)
    assert total(np.array([0.1, 0.2, 0.3])) == (0.1 + 0.2) + 0.3


def test_numpy_does_the_work_where_numba_is_missing() -> None:
    chosen = jit(lambda: "loop", otherwise=lambda: "arrays", numba=False)
    assert chosen() == "arrays"


def test_a_missing_cache_folder_does_not_prevent_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert jit(_loop, otherwise=_plain, numba=True)(np.ones(3)) == 3
