import numpy as np
import pytest
import torch

from rlzoo.lanes.settings import beside, for_each_lane, groups, power

EACH = np.array([[0.1], [0.7], [1 / 3]])


def test_numbers_stay_numbers() -> None:
    assert beside(0.5, torch.ones(3, 2)) == 0.5
    assert list(groups(3, 0.5, 2.0)) == [(slice(None), (0.5, 2.0))]
    assert for_each_lane(0.5, 3).tolist() == [0.5] * 3


@pytest.mark.parametrize("shape", [(3,), (3, 5), (3, 5, 2)])
def test_a_number_for_each_lane_gives_the_bits_of_that_number(shape: tuple[int, ...]) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    together, array = values * beside(EACH, values), values.double().numpy() / beside(EACH, values.double().numpy())
    for lane, number in enumerate(EACH[:, 0].tolist()):
        assert torch.equal(together[lane], values[lane] * number)
        assert np.array_equal(array[lane], values[lane].double().numpy() / number)


def test_lanes_come_one_by_one_where_any_setting_differs() -> None:
    assert list(groups(3, EACH, 2.0)) == [(slice(i, i + 1), (EACH[i, 0], 2.0)) for i in range(3)]


def test_powers_have_the_bits_of_a_power_by_a_number() -> None:
    base, exponents = np.random.default_rng(0).random((4, 1000)) * 10, [-1.0, 0.5, 0.6, 2.0]
    together = power(base, np.array(exponents)[:, None])
    for lane, exponent in enumerate(exponents):
        assert np.array_equal(together[lane], base[lane] ** exponent)
        assert np.array_equal(power(base, exponent)[lane], base[lane] ** exponent)
