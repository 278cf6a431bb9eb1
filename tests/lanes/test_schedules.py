import numpy as np
import pytest

from rlzoo.lanes import schedules


@pytest.mark.parametrize(
    ("count", "value"), [(0, 1.0), (25, 0.7625), (50, 0.525), (100, 0.05), (101, 0.05), (9e9, 0.05)]
)
def test_linear_goes_to_its_end_and_stays(count: float, value: float) -> None:
    assert schedules.linear(1.0, 0.05, 100, count) == pytest.approx(value)


def test_exponential_multiplies_once_a_count_down_to_its_end() -> None:
    epsilon, written_out = 1.0, []
    for _ in range(1200):
        written_out.append(epsilon)
        epsilon = max(epsilon * 0.995, 0.01)
    np.testing.assert_allclose(schedules.exponential(1.0, 0.01, 0.995, np.arange(1200)), written_out)


def test_inverse_divides_by_the_number_of_the_current_one() -> None:
    np.testing.assert_allclose(schedules.inverse(0.3, [0, 1, 2, 249]), [0.3, 0.15, 0.1, 0.0012])


def test_inverse_time_is_keras_decay() -> None:
    assert schedules.inverse_time(0.01, 0.001, 0) == 0.01
    assert schedules.inverse_time(0.01, 0.001, 3000) == pytest.approx(0.0025)
