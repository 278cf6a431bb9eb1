from __future__ import annotations

import numpy as np

from rlzoo.results.returns import moving_average, value_at


def test_a_moving_average_is_of_the_last_values_or_of_all_there_are() -> None:
    values = np.random.default_rng(0).normal(size=250)
    expected = [values[max(0, n - 99) : n + 1].mean() for n in range(250)]
    np.testing.assert_allclose(moving_average(values), expected)
    np.testing.assert_allclose(moving_average(values, 1), values)


def test_a_value_holds_until_the_next_one() -> None:
    values = value_at(np.array([10, 10, 30]), np.array([1.0, 2.0, 3.0]), np.array([9, 10, 29, 30, 99]))
    np.testing.assert_array_equal(values, [np.nan, 2, 2, 3, 3])
