import numpy as np
import pytest
from scipy.stats import chisquare

from rlzoo.components.exploration.boltzmann import Boltzmann
from rlzoo.lanes.clock import Clock

from support.tiny import make_spec

VALUES = np.array([0.0, 1.0, -2.0, 0.5], np.float32)


def softmax(values: np.ndarray) -> np.ndarray:
    chances = np.exp(values.astype(np.float64))
    return chances / chances.sum()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_actions_come_as_often_as_softmax_says(temperature: float) -> None:
    q = np.broadcast_to(VALUES, (2, 5000, 4))
    policy, expected = Boltzmann(temperature).build(make_spec(actions=4)), softmax(VALUES / temperature)
    for lane in policy.act(q, Clock(2)):
        assert chisquare(np.bincount(lane, minlength=4), 5000 * expected).pvalue > 1e-3
    np.testing.assert_allclose(policy.probabilities(q, Clock(2)), np.broadcast_to(expected, q.shape), rtol=1e-6)


def test_huge_values_do_not_overflow() -> None:
    q = np.array([[[1e30, -1e30]], [[-1e30, 1e30]]], np.float32)
    assert Boltzmann(1e-3).build(make_spec(actions=2)).act(q, Clock(2)).tolist() == [[0], [1]]
