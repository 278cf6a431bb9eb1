"""The numbers of an update, against brute force and known cases."""

from __future__ import annotations

import numpy as np

from rlzoo.training.diagnostics.means import Means
from rlzoo.training.diagnostics.updates import mean_distance, policy_churn, td_error_percentiles

RNG = np.random.default_rng(0)
Q, OTHER = RNG.normal(size=(2, 3, 7, 4))  # [L, B, A]


def test_the_distance_is_the_mean_over_states_and_actions() -> None:
    expected = [sum(abs(a - b) for a, b in zip(*pair, strict=True)) / 28 for pair in _flat(Q, OTHER)]
    np.testing.assert_allclose(mean_distance(Q, OTHER), expected)


def test_forbidden_actions_do_not_count() -> None:
    mask = RNG.random(Q.shape) < 0.5
    mask[..., 0] = True
    spoilt = np.where(mask, OTHER, 1e9)
    expected = [np.abs(Q[lane] - OTHER[lane])[mask[lane]].mean() for lane in range(3)]
    np.testing.assert_allclose(mean_distance(Q, spoilt, mask), expected)


def test_policy_churn_counts_the_states_whose_action_changes() -> None:
    before = np.array([[0, 1, 2, 3], [1, 1, 1, 1]])
    after = np.array([[0, 1, 2, 0], [0, 1, 0, 0]])
    assert policy_churn(before, after).tolist() == [0.25, 0.75]


def test_percentiles_are_those_of_absolute_errors() -> None:
    errors = np.arange(101.0) * np.where(np.arange(101) % 2, -1, 1)
    found = td_error_percentiles(RNG.permutation(errors)[None])
    assert {name: values.tolist() for name, values in found.items()} == {
        "td_error_p10": [10],
        "td_error_p50": [50],
        "td_error_p90": [90],
    }


def test_a_lane_has_the_same_bits_alone() -> None:
    alone = [mean_distance(Q[lane : lane + 1], OTHER[lane : lane + 1])[0] for lane in range(3)]
    assert mean_distance(Q, OTHER).tolist() == alone


def test_means_are_taken_over_what_was_added_in_each_lane() -> None:
    means = Means()
    means.add("a", np.array([1.0, 2.0]))
    means.add("a", np.array([5.0, 6.0]))
    copy = Means()
    copy.load_state(means.state())
    for each in (means, copy):
        assert each.take()["a"].tolist() == [3, 4]
        assert not each.take()


def _flat(*arrays: np.ndarray) -> list[tuple[list[float], ...]]:
    return list(zip(*[array.reshape(3, -1).tolist() for array in arrays], strict=True))
