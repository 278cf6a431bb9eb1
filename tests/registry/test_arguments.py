from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import rlzoo
from rlzoo.components.exploration.greedy import Greedy
from rlzoo.components.targets.soft import Soft
from rlzoo.contracts import Component, Observer
from rlzoo.contracts.errors import BadInput, PluginError
from rlzoo.registry.arguments import component_name
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.plugins import Plugins

SMALL: dict[str, Any] = {"env": "rlzoo-tests/Counting-v0", "steps": 60, "set": {"train.learning_starts": 20}}


@dataclass(frozen=True)
class Slow(Soft):
    """Soft updates that are slower."""

    tau: float = 0.001


@dataclass(frozen=True)
class Watch(Component):
    """Does nothing."""

    def build(self) -> Observer:
        return Observer()


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(Plugins())


def test_classes_are_accepted_in_place_of_names(catalog: Catalog, tmp_path: Path) -> None:
    result = rlzoo.train(
        "dqn", target=Slow, exploration=Greedy, observers=[Watch], out=tmp_path / "r", catalog=catalog, **SMALL
    )
    components = result.manifest["composition"]["components"]
    assert (components["target"]["name"], components["target"]["options"]["tau"]) == ("Slow", 0.001)
    assert components["exploration"]["name"] == "greedy"
    assert "Watch" in result.manifest["observers"]
    assert result.composition["target"] == Slow()


def test_a_class_has_the_same_name_each_time_and_another_one_a_different(catalog: Catalog) -> None:
    @dataclass(frozen=True)
    class Watch(Component):
        def build(self) -> Observer:
            return Observer()

    here = globals()["Watch"]
    names = [component_name(catalog, "observer", cls) for cls in (here, Watch, here, Watch)]
    assert names[0] == names[2] == "Watch"
    assert names[1] == names[3] != "Watch"
    assert [catalog.get("observer", name).component for name in names[:2]] == [here, Watch]


@pytest.mark.slow
def test_a_study_compares_classes(catalog: Catalog, tmp_path: Path) -> None:
    study = rlzoo.ablate(
        "dqn",
        vary={"target": ["hard", Slow]},
        seeds=2,
        quiet=True,
        workers=1,
        out=tmp_path / "s",
        catalog=catalog,
        **SMALL,
    )
    assert set(study.runs["cell"]) == {"target=hard", "target=Slow"}
    assert set(study.runs["status"]) == {"finished"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"network": None}, "`network` must be the name of a component or a class, got None"),
        ({"target": Soft()}, "`target` must be the name of a component or a class, got Soft("),
        ({"target": dict}, "target `dict` comes from"),
        (
            {"observers": [print]},
            "`observer` must be the name of a component or a class, got <built-in",
        ),
        ({"observers": "progress"}, "`observers` must be a list, such as ['progress'], got 'progress'"),
        ({"observers": None}, "`observers` must be a list"),
        ({"set": ["lr"]}, "`set` must be a mapping"),
        ({"set": {3: 4}}, "`set` must be a mapping"),
        ({"seeds": "10"}, "`seeds` must be a number, or a list of numbers such as [0, 3], got '10'"),
        ({"seeds": [1, "2"]}, "`seeds` must be a number"),
        ({"seeds": 2.5}, "`seeds` must be a number"),
        ({"seeds": True}, "`seeds` must be a number"),
        ({"env": 5}, "`env` must name an environment"),
        ({"algorithm": dict}, "`algorithm` must be a name"),
        ({"preset": 3}, "`preset` must be a name, got 3"),
        ({"tagret": "soft"}, "unknown argument or slot `tagret`. Did you mean `target`?"),
        ({"workers": "2"}, "`workers` must be a number of at least 1 or None, got '2'"),
        ({"workers": 0}, "`workers` must be a number of at least 1 or None, got 0"),
        ({"out": 3}, "`out` must be a path, got 3"),
        ({"device": None}, "`device` must be a name, got None"),
        ({"steps": [3]}, "`train.steps` must be an int"),
    ],
)
def test_arguments_of_the_wrong_kind_are_bad_input(
    catalog: Catalog, wrong: dict[str, Any], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput) as refusal:
        rlzoo.train(**{"algorithm": "dqn", **SMALL, "catalog": catalog} | wrong)
    assert says in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_a_class_that_is_no_component_is_refused(catalog: Catalog) -> None:
    with pytest.raises(PluginError, match="not a frozen dataclass"):
        component_name(catalog, "target", dict)
