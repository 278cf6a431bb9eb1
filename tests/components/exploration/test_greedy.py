import numpy as np

from rlzoo.components.exploration.greedy import Greedy, greedy_probabilities
from rlzoo.lanes.clock import Clock

from support.tiny import make_spec


def test_the_first_of_the_best_actions_is_taken() -> None:
    q = np.array([[[0.0, 2.0, 2.0], [5.0, 1.0, 5.0]]], np.float32)
    policy = Greedy().build(make_spec(lanes=1))
    assert policy.act(q, Clock(1)).tolist() == [[1, 0]]
    assert policy.probabilities(q, Clock(1)).tolist() == [[[0, 1, 0], [1, 0, 0]]]
    assert greedy_probabilities(q).dtype == q.dtype
