from __future__ import annotations

from itertools import pairwise

import pytest

from rlzoo.tuning.brackets import generations, rungs, survivors


def test_the_brackets_are_those_of_hyperband() -> None:
    """Li et al. (2018), table 1, with R = 9 and eta = 3: 9, 5 and 3 configurations from 1, 3 and 9 units."""
    found = [(generation.size, generation.rungs) for generation in generations([17], 9, pruning=True)]
    assert found == [(9, (1, 3, 9)), (5, (3, 9)), (3, (9,))]


@pytest.mark.parametrize("pruning", [True, False])
@pytest.mark.parametrize("trials", [1, 8, 17, 64])
def test_every_trial_is_in_one_generation(trials: int, pruning: bool) -> None:
    found = [*generations([trials], 900, pruning=pruning)]
    assert [number for generation in found for number in generation.numbers] == [*range(trials)]
    assert all(generation.rungs[-1] == 900 for generation in found)
    assert pruning or all(generation.rungs == (900,) for generation in found)


@pytest.mark.parametrize("trials", [1, 8, 17, 64])
@pytest.mark.parametrize("more", [1, 13, 64])
def test_a_search_that_grows_keeps_its_generations(trials: int, more: int) -> None:
    before = [*generations([trials], 900, pruning=True)]
    after = [*generations([trials, trials + more], 900, pruning=True)]
    assert after[: len(before)] == before
    assert [number for generation in after for number in generation.numbers] == [*range(trials + more)]


def test_a_search_that_grows_after_a_whole_generation_is_one_that_was_larger() -> None:
    assert [*generations([9, 17, 43], 900, pruning=True)] == [*generations([43], 900, pruning=True)]


@pytest.mark.parametrize("steps", [9, 10, 100, 50_000])
def test_rungs_grow_to_the_whole_run(steps: int) -> None:
    assert all(low < high for low, high in pairwise(rungs(steps)))
    assert rungs(steps)[-1] == steps


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({0: 1.0, 1: 3.0, 2: 2.0}, [1]),
        ({4: 2.0, 5: 2.0, 6: 2.0}, [4]),
        ({n: float(n) for n in range(9)}, [6, 7, 8]),
        ({0: None, 1: -5.0, 2: None}, [1]),
        ({0: None, 1: None}, []),
        ({7: 1.0}, [7]),
    ],
)
def test_the_best_third_survives(scores: dict[int, float | None], expected: list[int]) -> None:
    assert survivors(scores) == expected
