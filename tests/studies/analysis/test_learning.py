from __future__ import annotations

import msgspec
import pytest

from rlzoo.contracts import RandomReturn
from rlzoo.studies.analysis.learning import with_unlearned
from rlzoo.studies.analysis.tables import Conclusion, RunScore

from support.fabricated import fabricate

RANDOM = RandomReturn(20.0, 1.0, 100)
PLAN = msgspec.structs.replace(fabricate().plan, environments=["A", "B"], random_returns={"A": RANDOM, "B": RANDOM})
FOUND = [Conclusion("target", name, "difference", "x") for name in (None, "A", "B")]


def runs(**cells: list[float]) -> list[RunScore]:
    return [
        RunScore(cell, environment, seed, "finished", {"final": score})
        for cell, scores in cells.items()
        for environment in ("A", "B")
        for seed, score in enumerate(scores if environment == "A" else [90.0, 100.0])
    ]


def verdicts(scores: list[RunScore]) -> list[tuple[str | None, str]]:
    return [(it.environment, it.verdict) for it in with_unlearned(PLAN, scores, FOUND)]


@pytest.mark.parametrize(
    ("one", "other", "learned"),
    [
        ([19.0, 21.0, 22.0], [18.0, 19.0, 20.0], False),
        ([19.0, 21.0, 22.0], [40.0, 45.0, 50.0], True),
        ([20.0, 20.0, 90.0], [18.0, 19.0, 20.0], False),  # one seed is too few to say
        ([22.5], [18.0], True),
        ([21.9], [18.0], False),
        ([-500.0, -480.0], [-300.0, -310.0], False),
    ],
)
def test_it_says_so_where_no_cell_is_better_than_a_random_policy(
    one: list[float], other: list[float], learned: bool
) -> None:
    first = [] if learned else [("A", "no cell learned")]
    expected = [(None, "difference"), *first, ("A", "difference"), ("B", "difference")]
    assert verdicts(runs(one=one, other=other)) == expected


def test_unknown_returns_and_environments_without_runs_say_nothing() -> None:
    plan = msgspec.structs.replace(PLAN, random_returns={})
    assert with_unlearned(plan, runs(one=[0.0]), FOUND) == FOUND
    assert with_unlearned(PLAN, [], FOUND) == FOUND


def test_a_study_without_comparisons_still_says_so() -> None:
    (found,) = with_unlearned(PLAN, runs(one=[19.0, 20.0]), [])
    assert found.text == "No cell has a final return significantly above that of a random policy, 20.00."
