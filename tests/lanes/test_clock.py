import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlzoo.lanes.clock import Clock, Interval


@given(period=st.integers(1, 600), stride=st.integers(1, 50), steps=st.integers(1, 300))
def test_an_interval_fires_at_every_crossing_of_a_multiple(period: int, stride: int, steps: int) -> None:
    clock, interval = Clock(1), Interval(period, "steps")
    for _ in range(steps):
        passed = range(clock.steps + 1, clock.steps + stride + 1)
        clock.steps += stride
        assert interval.crossings(clock) == sum(step % period == 0 for step in passed)
        assert interval.crossings(clock) == 0


def test_each_unit_counts_its_own() -> None:
    clock = Clock(1)
    clock.steps, clock.updates, clock.episodes[0] = 7, 5, 3
    assert [clock.count(unit) for unit in ("steps", "updates", "episodes")] == [7, 5, 3]


def test_episodes_are_counted_only_for_a_lane_alone() -> None:
    clock = Clock(2)
    clock.episodes = np.array([1, 1])
    with pytest.raises(ValueError, match="lockstep"):
        clock.count("episodes")
