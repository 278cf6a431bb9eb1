from itertools import combinations

import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from rlzoo.components.buffers.uniform import Uniform
from rlzoo.contracts import Buffer
from rlzoo.lanes.rng import LaneRng

from support.tiny import make_spec, make_transition


def filled(options: Uniform, steps: int, seeds: tuple[int, ...] = (0, 1)) -> Buffer:
    spec = make_spec(Discrete(9_999), lanes=len(seeds), rng=LaneRng(seeds, "buffer"))
    buffer = options.build(spec)
    for step in range(steps):
        buffer.add(make_transition(step, len(seeds), 1))
    return buffer


def test_every_transition_held_is_drawn_equally_often() -> None:
    buffer = filled(Uniform(capacity=50), 80)
    drawn = torch.cat([buffer.sample(100).observation for _ in range(200)], 1)
    for lane in range(2):
        counts = np.bincount(drawn[lane].numpy() - 1000 * lane, minlength=80)
        assert counts[:30].sum() == 0  # evicted
        assert chisquare(counts[30:]).pvalue > 1e-3


def test_the_age_of_a_transition_is_how_many_came_after() -> None:
    buffer = filled(Uniform(capacity=50), 80)
    batch = buffer.sample(100)
    age = buffer.age(batch.index)
    assert age is not None
    numbers = batch.observation - 1000 * torch.arange(2)[:, None]
    assert torch.equal(age, 79 - numbers)


def test_draws_do_not_depend_on_each_other() -> None:
    buffer = filled(Uniform(), 4)
    pairs = torch.cat([buffer.sample(2).observation for _ in range(4000)])[::2]
    counts = np.bincount((pairs[:, 0] * 4 + pairs[:, 1]).numpy(), minlength=16)
    assert chisquare(counts).pvalue > 1e-3


def test_lanes_draw_from_their_own_streams() -> None:
    alone, beside = filled(Uniform(), 90, (5,)), filled(Uniform(), 90, (3, 5))
    index = [beside.sample(32).index for _ in range(3)]
    assert all(torch.equal(alone.sample(32).index[0], both[1]) for both in index)
    assert not torch.equal(index[0][0], index[0][1])


@given(held=st.integers(1, 40), size=st.integers(1, 50))
def test_without_replacement_nothing_comes_twice(held: int, size: int) -> None:
    index = filled(Uniform(replacement=False), held).sample(size).index
    assert index.shape == (2, min(size, held))
    for lane in index.tolist():
        assert len(set(lane)) == len(lane)
        assert set(lane) <= set(range(held))


def test_without_replacement_every_subset_is_equally_likely() -> None:
    buffer = filled(Uniform(replacement=False), 6)
    subsets = {frozenset(subset): i for i, subset in enumerate(combinations(range(6), 3))}
    drawn = [subsets[frozenset(lane)] for _ in range(2500) for lane in buffer.sample(3).index.tolist()]
    assert chisquare(np.bincount(drawn, minlength=20)).pvalue > 1e-3


@pytest.mark.parametrize("replacement", [True, False])
def test_weights_are_ones(replacement: bool) -> None:
    assert torch.equal(filled(Uniform(replacement=replacement), 10).sample(4).weight, torch.ones(2, 4))
