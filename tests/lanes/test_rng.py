import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from rlzoo.lanes.rng import LaneRng, stream


def test_each_lane_draws_what_its_stream_gives() -> None:
    drawn = LaneRng([3, 5], "env").random((10,))
    assert np.array_equal(drawn, [stream(3, "env").random(10), stream(5, "env").random(10)])


def test_streams_differ_by_seed_and_by_name() -> None:
    numbers = {stream(seed, name).random() for seed in range(50) for name in ("env", "buffer", "network")}
    assert len(numbers) == 150


@given(st.lists(st.sampled_from([0, 1, 3, 700, 4095, 4096, 5000]), min_size=1, max_size=12))
def test_a_lane_draws_the_same_alone_and_beside_others(counts: list[int]) -> None:
    alone, beside = LaneRng([7], "x"), LaneRng([2, 7, 9], "x")
    for count in counts:
        assert np.array_equal(alone.random((count,))[0], beside.random((count,))[1])


@given(before=st.lists(st.integers(1, 5000), max_size=5), after=st.lists(st.integers(1, 5000), min_size=1, max_size=5))
def test_state_leaves_and_returns_at_any_point(before: list[int], after: list[int]) -> None:
    rng, restored = LaneRng([0, 1], "x"), LaneRng([0, 1], "x")
    for count in before:
        rng.random((count,))
    restored.load_state(json.loads(json.dumps(rng.state())))
    for count in after:
        assert np.array_equal(rng.random((count,)), restored.random((count,)))


@pytest.mark.parametrize("used", [0, 1, 4095, 4096, 4097])
def test_state_is_exact_at_the_edges_of_a_block(used: int) -> None:
    rng, restored = LaneRng([0], "x"), LaneRng([0], "x")
    for _ in range(used):
        rng.random()
    restored.load_state(rng.state())
    assert rng.random() == restored.random()


def test_drawn_numbers_stay_when_the_block_is_refilled() -> None:
    rng = LaneRng([0], "x")
    first = rng.random((4096,))
    kept = first.copy()
    rng.random((4096,))
    assert np.array_equal(first, kept)


@given(st.integers(1, 10**7))
def test_integers_stay_below_their_bound(high: int) -> None:
    drawn = LaneRng([0], "x").integers(high, (50,))
    assert drawn.dtype == np.int64
    assert (drawn >= 0).all()
    assert (drawn < high).all()


def test_integers_are_uniform() -> None:
    counts = np.bincount(LaneRng([0], "x").integers(7, (70_000,))[0], minlength=7)
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 22.5  # chi-squared, 6 degrees of freedom, 0.1 %


def test_normal_numbers_are_normal() -> None:
    drawn = LaneRng(range(3), "noise").normal((20_000,))
    for lane in drawn:
        assert kstest(lane, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(drawn)[0, 1]) < 0.03


def test_normal_numbers_are_finite_even_where_the_uniform_ones_are_not_inside() -> None:
    rng = LaneRng([0], "noise")
    rng.random()
    rng._block[:] = [[0.0, 1.0 - 2.0**-53] * (LaneRng.BLOCK // 2)]
    assert np.isfinite(rng.normal((4,))).all()
