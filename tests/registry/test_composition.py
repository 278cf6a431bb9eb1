from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import pytest
from test_plugins import plugin

from rlzoo.contracts import Algorithm, Component, Meta
from rlzoo.contracts.errors import BadInput, OptionError, PluginError, UnknownName
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.registry.composition import DEFAULT_ENVIRONMENT, compose, read_composition
from rlzoo.registry.plugins import Plugins


class Part(Component):
    """A component that is never built."""

    def build(self) -> None: ...


@dataclass(frozen=True)
class Plain(Part):
    """A component with one option."""

    size: Annotated[int, Meta(ge=1)] = 1


@dataclass(frozen=True)
class Other(Part):
    """Another, whose default differs."""

    size: Annotated[int, Meta(ge=1)] = 7
    unit: Literal["steps", "episodes"] = "steps"

    @property
    def lockstep(self) -> bool:
        return self.unit == "steps"


@dataclass(frozen=True)
class Stream(Part):
    """A buffer that takes no batch size."""

    ignores: ClassVar[tuple[str, ...]] = ("train.batch_size",)


@dataclass(frozen=True)
class World(Part):
    """An environment."""

    id: str
    limit: int | None = None
    kwargs: dict[str, object] = field(default_factory=dict)


BASE = Algorithm(
    "the base",
    environment="toy/Room",
    components=dict.fromkeys(SLOTS, "plain-x"),
    settings={
        "train.steps": 100,
        "target.size": 3,
        "environment.limit": 9,
        "environment.kwargs": {"slippery": True, "map": "4x4"},
    },
)


@pytest.fixture
def catalog() -> Catalog:
    plugins = Plugins()
    hooks = [
        "rlzoo_buffers",
        "rlzoo_q_networks",
        "rlzoo_exploration_policies",
        "rlzoo_target_updaters",
        "rlzoo_objectives",
        "rlzoo_optimizers",
        "rlzoo_interventions",
    ]
    offer = {"plain-x": Plain, "other-x": Other, "stream-x": Stream}
    components = dict.fromkeys(hooks, offer)
    algorithms = {
        "base": BASE,
        "same": Algorithm("the same", like="base", components={"target": "plain-x"}, settings={"buffer.size": 2}),
        "changed": Algorithm("changed", like="base", components={"target": "other-x"}),
        "by-episode": Algorithm("counts in episodes", like="base", settings={"train.episodes": 5}),
        "streaming": Algorithm("streaming", like="base", components={"buffer": "stream-x"}),
        "bare": Algorithm("chooses nothing", settings={"train.steps": 5}),
        "wrong": Algorithm("wrong", like="base", settings={"target.sise": 5}),
        "egg": Algorithm("circular", like="hen"),
        "hen": Algorithm("circular", like="egg"),
    }
    plugins.register(
        plugin(**components, rlzoo_environments={"toy": World}, rlzoo_algorithms=algorithms), "toys", "0.5"
    )
    return Catalog(plugins)


def test_an_algorithm_is_completed_with_defaults(catalog: Catalog) -> None:
    composition = compose(catalog, "base")
    assert composition["target"] == Plain(3)
    assert composition["buffer"] == Plain(1)
    assert composition["environment"] == World("Room", 9, {"slippery": True, "map": "4x4"})
    assert composition.train.steps == 100
    chosen = composition.components["target"]
    assert (chosen.slot, chosen.name, chosen.plugin, chosen.version) == ("target", "plain-x", "toys", "0.5")


def test_a_derived_algorithm_states_only_its_difference(catalog: Catalog) -> None:
    assert compose(catalog, "same")["target"] == Plain(3)
    assert compose(catalog, "same")["buffer"] == Plain(2)
    assert compose(catalog, "changed")["target"] == Other(7)
    assert compose(catalog, "by-episode").train.steps is None


def test_choosing_what_the_algorithm_has_keeps_its_settings_another_takes_its_own(catalog: Catalog) -> None:
    assert compose(catalog, "base", {"target": "plain-x"})["target"] == Plain(3)
    assert compose(catalog, "base", {"target": "other-x"})["target"] == Other(7)
    assert compose(catalog, "changed", {"target": "plain-x"})["target"] == Plain(1)


def test_the_users_settings_win(catalog: Catalog) -> None:
    assert compose(catalog, "base", settings={"target.size": "5"})["target"] == Plain(5)
    assert compose(catalog, "base", {"target": "other-x"}, {"target.unit": "episodes"})["target"].unit == "episodes"
    assert compose(catalog, "base", settings={"train.episodes": 4}).train.episodes == 4


def test_an_option_of_a_component_that_is_not_picked_is_refused(catalog: Catalog) -> None:
    with pytest.raises(OptionError, match=r"`target.unit` cannot be set: `target=plain-x` takes size\."):
        compose(catalog, "base", settings={"target.unit": "steps"})
    with pytest.raises(OptionError, match=r"`buffer.size` cannot be set: `buffer=stream-x` has no options\."):
        compose(catalog, "base", {"buffer": "stream-x"}, {"buffer.size": 5})


@pytest.mark.parametrize("name", ["tagret.size", "target", "target.", "sizes", "env.limit"])
def test_a_setting_of_no_section_is_refused(catalog: Catalog, name: str) -> None:
    with pytest.raises(OptionError, match=f"unknown setting `{name}`"):
        compose(catalog, "base", settings={name: 5})


def test_names_that_do_not_exist_are_refused(catalog: Catalog) -> None:
    with pytest.raises(UnknownName, match=r"unknown slot `tagret`. Did you mean `target`"):
        compose(catalog, "base", {"tagret": "plain-x"})
    with pytest.raises(UnknownName, match=r"unknown target `plane-x`. Did you mean `plain-x`"):
        compose(catalog, "base", {"target": "plane-x"})
    with pytest.raises(UnknownName, match=r"unknown algorithm `bass`. Did you mean `base`"):
        compose(catalog, "bass")


def test_an_algorithms_own_mistake_is_called_that(catalog: Catalog) -> None:
    with pytest.raises(OptionError, match=r"algorithm `wrong`: `target.sise` cannot be set"):
        compose(catalog, "wrong")
    with pytest.raises(PluginError, match="algorithm `egg` is its own base: egg -> hen -> egg"):
        compose(catalog, "egg")
    with pytest.raises(OptionError, match="algorithm `bare` has no buffer; choose one of online, other-x"):
        compose(catalog, "bare")


def test_environments_are_gymnasiums_unless_a_family_is_named(catalog: Catalog) -> None:
    for name in ("tests/Pong-v5", "module:Env-v0", "toy"):
        components = compose(catalog, "base", environment=name).components
        assert (components["environment"].name, components["environment"].options.id) == ("gymnasium", name)
    assert compose(catalog, "base", environment="toy/a/b")["environment"] == World("a/b")
    assert compose(catalog, "bare", dict.fromkeys(SLOTS, "plain-x"))["environment"].id == DEFAULT_ENVIRONMENT


def test_another_environment_takes_its_own_settings(catalog: Catalog) -> None:
    assert compose(catalog, "base", environment="toy/Room")["environment"].limit == 9
    assert compose(catalog, "base", environment="toy/Hall")["environment"] == World("Hall")


def test_a_dotted_path_sets_one_key_of_a_table(catalog: Catalog) -> None:
    settings = {
        "environment.kwargs.slippery": "false",
        "environment.kwargs.goal.x": "3",
        "environment.kwargs.map": "8x8",
    }
    kwargs = compose(catalog, "base", settings=settings)["environment"].kwargs
    assert kwargs == {"slippery": False, "goal": {"x": 3}, "map": "8x8"}
    with pytest.raises(OptionError, match=r"`target.size` must be an int >= 1, got \{.x.: 1\}"):
        compose(catalog, "base", settings={"target.size.x": 1})


def test_the_environments_id_is_no_setting(catalog: Catalog) -> None:
    with pytest.raises(OptionError, match="choose the environment with `--env ID`"):
        compose(catalog, "base", settings={"environment.id": "Hall"})


def test_what_a_component_ignores_is_refused_when_given_and_none_when_inherited(catalog: Catalog) -> None:
    assert compose(catalog, "streaming").train.batch_size is None
    assert compose(catalog, "streaming", {"buffer": "plain-x"}).train.batch_size == 32
    with pytest.raises(OptionError, match=r"`train.batch_size` has no effect with `buffer=stream-x`"):
        compose(catalog, "streaming", settings={"train.batch_size": 5})
    assert compose(catalog, "streaming", settings={"train.batch_size": "none"}).train.batch_size is None


def test_a_batch_size_is_needed_where_it_is_not_ignored(catalog: Catalog) -> None:
    with pytest.raises(OptionError, match=r"`train.batch_size` must be given with `buffer=plain-x`"):
        compose(catalog, "base", settings={"train.batch_size": "none"})


def test_lanes_share_a_clock_unless_something_counts_in_episodes(catalog: Catalog) -> None:
    assert compose(catalog, "base").lockstep
    assert not compose(catalog, "by-episode").lockstep
    assert not compose(catalog, "base", settings={"train.update_unit": "episodes"}).lockstep
    assert compose(catalog, "base", {"target": "other-x"}).lockstep
    assert not compose(catalog, "base", {"target": "other-x"}, {"target.unit": "episodes"}).lockstep


def test_round_trip_through_json(catalog: Catalog) -> None:
    composition = compose(catalog, "streaming", {"target": "other-x"}, {"environment.kwargs.goal": 1})
    record = json.loads(json.dumps(composition.to_dict()))
    assert read_composition(catalog, record) == composition


def test_a_record_from_before_a_slot_existed_can_be_read(catalog: Catalog) -> None:
    record = compose(catalog, "base").to_dict()
    del record["components"]["intervention"]
    assert read_composition(catalog, record).components["intervention"].name == "none"


def test_a_record_whose_component_is_gone_or_that_is_damaged_says_so(catalog: Catalog) -> None:
    record = compose(catalog, "base").to_dict()
    with pytest.raises(UnknownName, match="unknown buffer `plain-x`"):
        read_composition(Catalog(Plugins()), record)
    del record["components"]["target"]
    with pytest.raises(BadInput, match="damaged: KeyError: 'target'"):
        read_composition(catalog, record)
