from typing import Any

import pytest

from rlzoo.studies.design.planning import few_updates, make_plan
from rlzoo.studies.design.question import Question

from support.tiny import CATALOG


def warned(**asked: Any) -> list[str]:
    return list(few_updates(CATALOG, make_plan(CATALOG, Question(seeds=2, **asked), "x", "")))


def test_cells_that_hardly_learn_are_named_with_the_reason() -> None:
    vary: dict[str, Any] = {"train.learning_starts": [0, 5_000, 6_000]}
    assert warned(vary=vary, steps=5_000) == [
        f"`train.learning_starts={starts}`: the run makes {updates} in 5,000 steps, since `train.learning_starts` is "
        f"{starts:,}; try `--set train.learning_starts=500`"
        for starts, updates in ((5_000, "1 update"), (6_000, "no update"))
    ]
    (note,) = warned(vary={"target": ["hard", "none"]}, steps=5_000)
    assert note.startswith("every cell: the run makes no update in 5,000 steps")
    assert warned(vary={"target": ["hard", "none"]}, steps=50_000) == []


@pytest.mark.parametrize(("algorithm", "environment"), [("dqn", "CartPole-v1"), ("q-learning", "FrozenLake-v1")])
def test_a_study_takes_place_in_the_environment_of_its_algorithm(algorithm: str, environment: str) -> None:
    question = Question(algorithm=algorithm, vary={"objective.gamma": [0.9, 0.99]})
    assert make_plan(CATALOG, question, "x", "").environments == [environment]
