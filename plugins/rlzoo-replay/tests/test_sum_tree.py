from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlzoo_replay.sum_tree import WIDTH, SumTree

SIZES = [1, WIDTH, WIDTH + 1, 10_000]


def filled(leaves: np.ndarray) -> SumTree:
    tree = SumTree(*leaves.shape)
    tree.load(leaves)
    return tree


def assert_sums_are_those_of(tree: SumTree, leaves: np.ndarray) -> None:
    assert np.array_equal(tree.leaves, leaves)
    for number, start in enumerate(tree._first):
        sums = np.add.reduceat(leaves, np.arange(0, leaves.shape[1], WIDTH**number), axis=1)
        np.testing.assert_allclose(tree._nodes[:, start : start + sums.shape[1]], sums, rtol=1e-12)


def test_pitfall_11_sums_equal_brute_force_after_a_million_random_operations() -> None:
    lanes, size, batch = 4, 9_000, 250
    rng = np.random.default_rng(0)
    tree, leaves = SumTree(lanes, size), np.zeros((lanes, size))
    for _ in range(1_000_000 // (lanes * batch)):
        index, value = rng.integers(size, size=(lanes, batch)), rng.random((lanes, batch)) ** 8 * 1e6
        tree.set(index, value)
        for lane in range(lanes):
            for place, number in zip(index[lane], value[lane], strict=True):
                leaves[lane, place] = number
    assert_sums_are_those_of(tree, leaves)


@pytest.mark.parametrize("size", SIZES)
def test_loading_gives_the_same_bits_as_setting(size: int) -> None:
    leaves = np.random.default_rng(size).random((2, size))
    loaded, built = filled(leaves), SumTree(2, size)
    built.set(np.broadcast_to(np.arange(size), (2, size)), leaves)
    assert_sums_are_those_of(loaded, leaves)
    assert np.array_equal(loaded._nodes, built._nodes)


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0, 1e3)), min_size=1, max_size=40))
def test_of_equal_places_in_a_batch_the_last_holds(writes: list[tuple[int, float]]) -> None:
    tree = SumTree(1, 10)
    tree.set(np.array([[place for place, _ in writes]]), np.array([[value for _, value in writes]], np.float64))
    last = dict(writes)
    assert_sums_are_those_of(tree, np.array([[last.get(place, 0.0) for place in range(10)]]))


@pytest.mark.parametrize("size", SIZES)
def test_found_is_where_the_cumulative_sum_passes_the_share(size: int) -> None:
    rng = np.random.default_rng(size)
    leaves = rng.integers(0, 5, (3, size)).astype(np.float64)  # whole numbers, so that sums are exact
    leaves[:, -1] = 1
    share = rng.random((3, 500))
    cumulative = leaves.cumsum(-1)
    expected = [np.searchsorted(c, s * c[-1], side="right") for c, s in zip(cumulative, share, strict=True)]
    assert np.array_equal(filled(leaves).find(share), expected)


@given(
    size=st.integers(1, 20_000),
    seed=st.integers(0, 1_000),
    share=st.lists(st.floats(0, 1), min_size=1, max_size=5),
)
def test_a_leaf_of_zero_is_never_found(size: int, seed: int, share: list[float]) -> None:
    rng = np.random.default_rng(seed)
    leaves = 10 ** rng.uniform(-8, 8, (1, size)) * (rng.random((1, size)) < 0.3)
    leaves[0, rng.integers(size)] = 1e-9
    tree = filled(leaves)
    found = tree.find(np.array([[*share, 0.0, 1.0]]))
    assert (tree.get(found) > 0).all()


def test_rounding_finds_no_leaf_of_zero_either() -> None:
    """The second node begins at 2^53 and sums to 1.5, but 2^53 + 1.5 is 2^53 + 2: it looks longer than it is."""
    leaves = np.zeros((1, 2 * WIDTH))
    leaves[0, 0], leaves[0, WIDTH + 1] = 2.0**53, 1.5
    begin = np.array([[2**53 / (2**53 + 2)]])
    assert (begin * (2.0**53 + 2)).item() == 2.0**53
    assert filled(leaves).find(begin).item() == WIDTH + 1


def test_a_lane_is_the_same_alone_and_beside_others() -> None:
    rng = np.random.default_rng(0)
    leaves, share = rng.random((3, 9_001)), rng.random((3, 33))
    one = np.full((3, 1), 5)  # a batch of one has shapes of its own inside
    together = filled(leaves)
    together.set(one, one / 7)
    for lane in range(3):
        alone = filled(leaves[lane : lane + 1])
        alone.set(one[:1], one[:1] / 7)
        assert np.array_equal(alone.find(share[lane : lane + 1])[0], together.find(share)[lane])
        assert np.array_equal(alone._nodes[0], together._nodes[lane])
