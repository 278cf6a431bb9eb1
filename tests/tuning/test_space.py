from __future__ import annotations

import re
from typing import Any

import pytest

from rlzoo.contracts.errors import BadInput
from rlzoo.tuning.base import Base
from rlzoo.tuning.space import Choices, Range, default_in, make_space, read_search

from support.tiny import CATALOG

BASE = Base(CATALOG, "dqn", "CartPole-v1", settings={"train.steps": 100, "train.learning_starts": 20})


@pytest.mark.parametrize(
    ("name", "domain", "expected"),
    [
        ("optimizer.lr", "1e-5..1e-2:log", Range(1e-5, 1e-2, log=True)),
        ("objective.gamma", "0.9..0.999", Range(0.9, 0.999)),
        ("objective.gamma", "0..1", Range(0.0, 1.0)),
        ("train.batch_size", "32..1k:log", Range(32, 1_000, log=True)),
        ("network.hidden", "64,64;256,256", Choices(["64,64", "256,256"])),
        ("network.hidden", [(64, 64), [256]], Choices(["64,64", "256"])),
        ("network.dueling", "true;false", Choices(["true", "false"])),
        ("optimizer.max_grad_norm", "none;10", Choices(["none", "10.0"])),
        ("target", "hard;soft", Choices(["hard", "soft"])),
        ("train.batch_size", [32, 64], Choices(["32", "64"])),
    ],
)
def test_a_domain_is_a_range_or_a_list(name: str, domain: Any, expected: Range | Choices) -> None:
    (read,) = make_space(BASE, {name: domain}).values()
    assert read == expected
    if isinstance(read, Range) and isinstance(expected, Range):
        assert read.whole == expected.whole


def test_bare_names_are_accepted() -> None:
    assert make_space(BASE, {"lr": "1e-5..1e-2", "target": "hard;soft"}).keys() == {"optimizer.lr", "target"}
    with pytest.raises(BadInput, match="both searched and set"):
        make_space(Base(CATALOG, "dqn", "CartPole-v1", settings={"optimizer.lr": 0.1}), {"lr": "0.1..1"})


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({}, "nothing to search"),
        ({"optimizer.lrr": "0.1..1"}, "Did you mean `lr`?"),
        ({"tagret": "hard;none"}, "unknown setting `tagret`"),
        ({"target": "hard;nome"}, "unknown target `nome`. Did you mean `none`?"),
        ({"target.tau": "0.1..1"}, "`target.tau` cannot be set"),
        ({"lrr": "0.1..1"}, "Did you mean `optimizer.lr`?"),
        ({"exploration.decay": "0.9..1"}, "has no effect with `schedule=linear`"),
        ({"optimizer.lr": "1e-2..1e-5:log"}, "the lower bound must be below the upper bound"),
        ({"optimizer.lr": "0.1..0.1"}, "the lower bound must be below the upper bound"),
        ({"objective.gamma": "0..1:log"}, "needs a lower bound above 0"),
        ({"objective.gamma": "0.5..1.5"}, "`objective.gamma` must be a number >= 0 and <= 1, got 1.5"),
        ({"optimizer.lr": "a..b"}, "`optimizer.lr` must be a number > 0, got a"),
        ({"optimizer.lr": "nan..1"}, "must be a number > 0, got nan"),
        ({"network.hidden": "32..64"}, "`network.hidden` is not a number; list its values"),
        ({"target": "hard..soft"}, "is not a number"),
        ({"optimizer.lr": "1e-3"}, "has one value"),
        ({"optimizer.lr": "1e-3;0.001"}, "lists 0.001 twice"),
        ({"optimizer.lr": []}, "has one value"),
        ({"train.steps": "10..20"}, "all trials train for the same steps"),
        ({"train.schedule_steps": "10..20"}, "all trials train for the same steps"),
        ({"train.eval_episodes": "1..20"}, "it changes the score"),
        ({"train.log_every": "1..20"}, "no effect"),
        ({"environment.max_episode_steps": "1..20"}, "it changes the problem"),
        ({"buffer.nonsense": "1..2"}, "cannot be set"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(search: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        make_space(BASE, search)


def test_what_is_set_for_all_trials_cannot_vary() -> None:
    base = Base(CATALOG, "dqn", "CartPole-v1", components={"target": "soft"}, settings={"optimizer.lr": 0.1})
    for name, domain in (("optimizer.lr", "0.1..1"), ("target", "hard;soft")):
        with pytest.raises(BadInput, match="both searched and set"):
            make_space(base, {name: domain})


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (("optimizer.lr",), "not of the form"),
        (("=1..2",), "not of the form"),
        (("optimizer.lr=",), "not of the form"),
        (("optimizer.lr=1..2", "optimizer.lr=1..3"), "duplicate"),
    ],
)
def test_the_command_line_has_names_and_domains(texts: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_search(texts)


def test_the_default_is_part_of_the_space_or_not() -> None:
    composition = BASE.compose()
    space = make_space(BASE, {"optimizer.lr": "1e-4..1e-3", "network.hidden": "120,84;64,64", "target": "hard;none"})
    assert default_in(composition, space) == {"optimizer.lr": 2.5e-4, "network.hidden": "120,84", "target": "hard"}
    for name, domain in (("optimizer.lr", "1e-3..1e-2"), ("network.hidden", "32;64"), ("target", "soft;none")):
        assert default_in(composition, make_space(BASE, {name: domain})) is None
