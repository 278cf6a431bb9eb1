from __future__ import annotations

from typing import Any

import pytest

from rlzoo.contracts.errors import BadInput, OptionError, UnknownName
from rlzoo.studies.design.designer import Designer, compose_cell
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.design.question import Question, Variant

from support.tiny import CATALOG

PAIR = {"a": Variant(), "b": Variant()}


def plan(**asked: Any) -> Plan:
    return Designer(CATALOG, Question(**{"env": ["CartPole-v1"], **asked})).plan("x", [0, 1])


def test_a_full_factorial_has_every_combination_and_the_default_first() -> None:
    made = plan(vary={"target": ["none", "hard"], "buffer": ["recent", "uniform"]}, steps=100)
    assert made.factors == {"target": ["hard", "none"], "buffer": ["uniform", "recent"]}
    assert [cell.name for cell in made.cells] == [
        "target=hard, buffer=uniform",
        "target=hard, buffer=recent",
        "target=none, buffer=uniform",
        "target=none, buffer=recent",
    ]
    assert made.base == "target=hard, buffer=uniform"
    assert made.cells[1].components == {"target": "hard", "buffer": "recent"}
    assert made.steps == 100


def test_a_level_is_the_default_by_value_not_by_text() -> None:
    made = plan(vary={"target.period": [50, "5e2", 5000]}, steps=100)
    assert made.factors == {"target.period": ["5e2", "50", "5000"]}


def test_without_the_default_the_first_level_given_is_the_base() -> None:
    assert plan(vary={"target.period": [7, 9]}).base == "target.period=7"


def test_one_at_a_time_departs_from_the_algorithm_itself() -> None:
    made = plan(design="one-at-a-time", vary={"target": ["hard", "none"], "objective": ["double"]})
    assert [(cell.name, cell.same_as) for cell in made.cells] == [
        ("dqn", None),
        ("target=hard", "dqn"),
        ("target=none", None),
        ("objective=double", None),
    ]
    assert made.base == "dqn"
    assert [cell.name for cell in made.runnable] == ["dqn", "target=none", "objective=double"]


def test_a_list_compares_named_variants() -> None:
    variants = {
        "plain": Variant(),
        "by name": Variant(algorithm="dqn-no-target"),
        "by hand": Variant(target="none"),
        "slow": Variant(set={"optimizer.lr": 1e-5}),
    }
    made = plan(design="list", variants=variants, steps=100, set={"train.learning_starts": 10})
    assert made.base == "plain"
    assert made.cell("by hand").same_as == "by name"
    assert compose_cell(CATALOG, made.cell("slow"), "CartPole-v1")["optimizer"].lr == 1e-5


def test_invalid_cells_are_listed_and_skipped_or_refused() -> None:
    asked: dict[str, Any] = {"vary": {"target": ["hard", "none"], "target.period": [50, 500]}}
    with pytest.raises(BadInput, match=r"target=none, target.period=50: `target.period` cannot be set"):
        plan(**asked)
    made = plan(**asked, impossible="skip")
    assert [cell.name for cell in made.cells if cell.impossible] == [
        "target=none, target.period=500",
        "target=none, target.period=50",
    ]
    assert len(made.runnable) == 2


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({}, OptionError, "needs a factor"),
        ({"vary": {"target": ["none"]}}, OptionError, "at least two levels"),
        ({"vary": {"target": ["hard", "nnoe"]}}, BadInput, "Did you mean `none`"),
        ({"vary": {"tagret": ["hard", "none"]}}, OptionError, "Did you mean `target`"),
        ({"vary": {"target": ["hard", "none"]}, "env": ["A-v0", "A-v0"]}, OptionError, "duplicate environment"),
        ({"vary": {"target": ["hard", "none"]}, "algorithm": "dqnn"}, UnknownName, "Did you mean `dqn`"),
        ({"design": "list", "variants": {"a": Variant()}}, OptionError, "at least two `variants`"),
        (
            {"design": "list", "variants": {"a": Variant(), "b": Variant()}, "vary": {"target": ["hard"]}},
            OptionError,
            "no `vary`",
        ),
        ({"vary": {"train.steps": [10, 20]}, "steps": 5}, OptionError, "both varied and set"),
    ],
)
def test_an_invalid_question_is_refused(asked: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        plan(**asked)


def test_every_cell_is_evaluated_at_the_end_by_default() -> None:
    vary = {"target": ["hard", "none"]}
    for given, expected in [({}, 300), ({"train.eval_every": 50}, 50)]:
        made = plan(vary=vary, steps=300, set=given)
        composition = compose_cell(CATALOG, made.cells[0], "CartPole-v1")
        assert (composition.train.steps, composition.train.eval_every) == (300, expected)


def test_a_preset_is_the_base_of_every_cell() -> None:
    made = plan(preset="rl-zoo3", env=["Acrobot-v1"], vary={"target": ["hard", "none"]}, steps=100)
    assert [cell.preset for cell in made.cells] == ["rl-zoo3"] * 2
    composed = compose_cell(CATALOG, made.cell("target=none"), "Acrobot-v1")
    assert (composed["optimizer"].lr, composed.train.steps) == (6.3e-4, 100)


def test_a_variant_may_name_a_preset() -> None:
    variants = {"default": Variant(), "published": Variant(preset="rl-zoo3", set={"train.eval_every": 50_000})}
    made = plan(design="list", variants=variants)
    assert compose_cell(CATALOG, made.cell("published"), "CartPole-v1").train.steps == 50_000
    assert compose_cell(CATALOG, made.cell("default"), "CartPole-v1").train.steps == 500_000


def test_a_preset_of_another_environment_is_refused() -> None:
    with pytest.raises(UnknownName, match="dqn on Taxi-v3 has no preset `rl-zoo3`"):
        plan(preset="rl-zoo3", env=["CartPole-v1", "Taxi-v3"], vary={"target": ["hard", "none"]})
