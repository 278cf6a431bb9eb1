"""A study says what else differs between the components that it compares."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rlzoo.registry.catalog import open_catalog
from rlzoo.studies.design.planning import make_plan
from rlzoo.studies.design.question import Question


def found(algorithm: str = "dqn", **question) -> Sequence[str]:
    question = Question(algorithm=algorithm, env=["CartPole-v1"], seeds=2, **question)
    return make_plan(open_catalog(), question, "study", "").confounds


def test_an_option_of_all_components_that_differs_is_named_with_its_remedy():
    assert found(vary={"optimizer": ["adam", "radam", "sgd"]}) == [
        "`optimizer.lr` differs as well: 0.00025 with adam, 0.001 with radam, 0.001 with sgd. "
        "To make it equal, add `--set optimizer.lr=0.00025`."
    ]


def test_there_is_no_remedy_where_a_component_lacks_the_option():
    pytest.importorskip("rlzoo_replay")
    assert found(preset="rl-zoo3", vary={"buffer": ["uniform", "prioritized", "online"]}) == [
        "`buffer.capacity` differs as well: 100000 with uniform, 10000 with prioritized."
    ]


def test_nothing_differs_if_the_setting_is_given():
    assert found(vary={"optimizer": ["adam", "radam"]}, set={"optimizer.lr": 1e-3}) == []


def test_an_option_that_is_varied_is_no_confound():
    assert found(vary={"optimizer": ["adam", "radam"], "optimizer.lr": [1e-3, 1e-4]}) == []


@pytest.mark.parametrize("target", [["hard", "soft", "none"], ["hard", "none"]])
def test_options_that_mean_something_else_are_not_compared(target):
    assert found(vary={"target": target}) == []


def test_other_factors_are_those_of_the_base():
    both = found(vary={"optimizer": ["adam", "radam"], "target": ["hard", "none"]})
    assert both == found(vary={"optimizer": ["adam", "radam"]})


def test_one_at_a_time_a_component_is_compared_with_the_algorithms_own():
    pytest.importorskip("rlzoo_replay")
    question = {"vary": {"target": ["none"], "buffer": ["prioritized"]}, "preset": "rl-zoo3"}
    assert found(design="one-at-a-time", **question) == [
        "`buffer.capacity` differs as well: 100000 with uniform, 10000 with prioritized. "
        "To make it equal, add `--set buffer.capacity=100000`."
    ]
