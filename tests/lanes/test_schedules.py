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


def test_each_lane_may_have_its_schedule() -> None:
    start, end, duration, decay = (np.array(pair)[:, None] for pair in ((1.0, 0.3), (0.1, 0.2), (30, 7), (0.9, 0.99)))
    count = np.array([[3], [11]])
    for lane in range(2):
        ours = [float(setting[lane, 0]) for setting in (start, end, duration, decay)]
        for step in (0, 5, 7, 100):
            assert schedules.linear(start, end, duration, step)[lane] == schedules.linear(*ours[:3], step)
            assert schedules.inverse_time(start, decay, step)[lane] == schedules.inverse_time(ours[0], ours[3], step)
        alone = schedules.exponential(ours[0], ours[1], ours[3], count[lane])
        assert schedules.exponential(start, end, decay, count)[lane] == alone
        assert schedules.inverse(start, count)[lane] == schedules.inverse(ours[0], count[lane])
