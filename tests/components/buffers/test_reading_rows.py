from __future__ import annotations

import numpy as np
import pytest
import torch

from rlzoo.components.buffers.rows import Rows


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int16, np.float32, np.int64, np.float64])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (4,), (3, 5), (2, 2, 2)])
def test_rows_are_those_of_indexing(dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    array = rng.integers(0, 100, (2, 7, *shape)).astype(dtype)
    places = rng.integers(0, 7, (2, 5))
    rows, indexed = Rows(array).at(torch.from_numpy(places)).numpy(), array[np.arange(2)[:, None], places]
    assert rows.dtype == indexed.dtype
    np.testing.assert_array_equal(rows, indexed)


def test_what_is_written_later_is_read() -> None:
    array = np.zeros((1, 3), np.float32)
    rows = Rows(array)
    array[0, 2] = 5.0
    assert rows.at(torch.tensor([[2, 1]])).tolist() == [[5.0, 0.0]]
