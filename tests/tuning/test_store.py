"""Asking for settings: repeatable, and independent of when a search was interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlzoo.tuning.brackets import generations
from rlzoo.tuning.space import Choices, Domain, Range, Value
from rlzoo.tuning.store import Sampler, TrialStore
from rlzoo.tuning.trials import best_trial, trials_table

SPACE: dict[str, Domain] = {"a": Range(1e-3, 1.0, log=True), "b": Range(1, 9), "c": Choices(["x", "y"])}


def score(params: dict[str, Value]) -> float:
    return -abs(float(params["a"]) - 0.1) - (params["c"] == "y") * 0.5


def searched(
    path: Path, trials: int, seed: int = 0, sampler: Sampler = "tpe", kill_after: int | None = None
) -> TrialStore:
    """Generations of trials, asked together and told in order; the store is opened anew at a trial."""
    store = TrialStore(path, SPACE, sampler, seed)
    for generation in generations([trials], 90, pruning=True):
        for number in generation.numbers:
            store.ask(number)
            if number == kill_after:
                store = TrialStore(path, SPACE, sampler, seed)
        for number in generation.numbers:
            store.report(number, 90, score(store.ask(number)))
            store.complete(number, score(store.ask(number)))
    return store


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_equal_seeds_ask_for_equal_settings_even_after_an_interruption(sampler: Sampler, tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", 26, sampler=sampler)
    again = searched(tmp_path / "again", 26, sampler=sampler, kill_after=21)
    other = searched(tmp_path / "other", 26, seed=1, sampler=sampler)
    assert trials_table(whole).equals(trials_table(again))
    assert not trials_table(whole).equals(trials_table(other))
    assert trials_table(whole)["a"].nunique() == 26


@pytest.mark.slow
def test_tpe_finds_more_than_random_search(tmp_path: Path) -> None:
    found = {
        sampler: [best_trial(searched(tmp_path / f"{sampler}{seed}", 43, seed, sampler)) for seed in range(3)]
        for sampler in ("tpe", "random")
    }
    means = {sampler: sum(trial.value for trial in best if trial) / 3 for sampler, best in found.items()}
    assert means["tpe"] > means["random"]


def test_settings_lie_within_the_space(tmp_path: Path) -> None:
    store = TrialStore(tmp_path / "s", SPACE, "random", 3)
    for number in range(30):
        params = store.ask(number)
        assert 1e-3 <= float(params["a"]) <= 1.0
        assert params["b"] in range(1, 10)
        assert params["c"] in ("x", "y")


def test_the_best_trial_trained_to_its_end_and_is_the_first_of_equals(tmp_path: Path) -> None:
    store = TrialStore(tmp_path / "s", SPACE, "random", 0)
    assert best_trial(store) is None
    for number, (state, value) in enumerate([("prune", 9.0), ("complete", 5.0), ("complete", 5.0), ("fail", 0.0)]):
        store.ask(number)
        if state == "fail":
            store.fail(number)
        else:
            store.report(number, 10, value)
            getattr(store, state)(number, value)
    best = best_trial(store)
    assert best is not None
    assert best.number == 1
    assert list(trials_table(store)["state"]) == ["pruned", "complete", "complete", "failed"]


def test_a_trial_that_is_over_stays_as_it_is(tmp_path: Path) -> None:
    store = TrialStore(tmp_path / "s", SPACE, "random", 0)
    store.ask(0)
    store.report(0, 10, 1.0)
    store.complete(0, 1.0)
    store.prune(0, 2.0)
    assert list(trials_table(store)["state"]) == ["complete"]


def test_the_first_trial_may_be_given(tmp_path: Path) -> None:
    store = TrialStore(tmp_path / "s", SPACE, "tpe", 0)
    given: dict[str, Value] = {"a": 0.5, "b": 2, "c": "y"}
    assert store.ask(0, given) == given == TrialStore(tmp_path / "s", SPACE, "tpe", 0).ask(0)
