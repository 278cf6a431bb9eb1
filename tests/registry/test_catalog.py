from __future__ import annotations

from dataclasses import dataclass

import pytest

from rlzoo.contracts import Algorithm, Component
from rlzoo.contracts.errors import PluginError, UnknownName
from rlzoo.registry.catalog import KINDS, SLOTS, Catalog, open_catalog
from rlzoo.registry.plugins import BUILT_IN, Plugins

from support.plugin_sources import GOOD, RAISES_ON_IMPORT, plugin


@dataclass(frozen=True)
class NoComponent:
    """A dataclass without the base class."""

    def build(self, spec: object) -> None:
        return None


@dataclass(frozen=True)
class NoBuild(Component):
    """A component that cannot build anything."""


@dataclass(frozen=True)
class Annealed(Component):
    """A target that anneals."""

    def build(self) -> None: ...


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(Plugins())


def test_slots_are_kinds() -> None:
    assert set(SLOTS) < set(KINDS)


def test_a_component_knows_where_it_comes_from(catalog: Catalog) -> None:
    catalog.plugins.register(plugin(rlzoo_target_updaters={"annealed": Annealed}), "rlzoo-annealed", "1.0")
    entry = catalog.get("target", "annealed")
    assert (entry.component, entry.plugin, entry.version) == (Annealed, "rlzoo-annealed", "1.0")
    assert entry.summary == "A target that anneals."
    assert catalog.names("target") == ("annealed", "hard", "none", "soft")


def test_text_is_imported_when_picked(catalog: Catalog) -> None:
    offer = {"annealed": f"{__name__}:Annealed"}
    catalog.plugins.register(plugin(rlzoo_target_updaters=offer), "rlzoo-annealed", "1.0")
    assert catalog.get("target", "annealed").component is Annealed


def test_every_built_in_can_be_imported(catalog: Catalog) -> None:
    entries = [catalog.get(kind, name) for kind in KINDS for name in catalog.names(kind)]
    assert {entry.plugin for entry in entries} == {BUILT_IN}
    assert all(entry.summary for entry in entries)


def test_an_unknown_name_is_answered_with_the_nearest_and_the_valid_ones(catalog: Catalog) -> None:
    with pytest.raises(UnknownName) as caught:
        catalog.get("target", "hrad")
    assert str(caught.value) == "unknown target `hrad`. Did you mean `hard`? Valid: hard, none, soft"


def test_an_unknown_kind_is_too(catalog: Catalog) -> None:
    with pytest.raises(UnknownName, match=r"unknown kind `tagret`. Did you mean `target`"):
        catalog.names("tagret")


def test_an_unknown_name_may_come_from_what_did_not_load(install, catalog: Catalog) -> None:
    install("rlzoo-replay", "0.1", replay_plugin=RAISES_ON_IMPORT)
    install("rlzoo-other", "0.2", other_plugin=GOOD)
    catalog.plugins.discover(blocked=["rlzoo-other"])
    with pytest.raises(UnknownName) as caught:
        catalog.get("buffer", "postponed")
    assert "rlzoo-replay 0.1 (failed: ImportError: needs torch 9)" in str(caught.value)
    assert "rlzoo-other 0.2 (blocked: --no-plugin rlzoo-other)" in str(caught.value)


def test_a_component_that_cannot_be_imported_says_why(catalog: Catalog) -> None:
    offer = {"prioritized": "rlzoo_replay_that_is_not_there:Prioritized"}
    catalog.plugins.register(plugin(rlzoo_buffers=offer), "rlzoo-replay", "0.1")
    with pytest.raises(PluginError, match=r"`prioritized` comes from rlzoo-replay 0\.1, which failed to load: ModuleN"):
        catalog.get("buffer", "prioritized")


def test_two_claims_on_a_name_matter_only_when_it_is_asked_for(catalog: Catalog) -> None:
    for name in ("one", "two"):
        catalog.plugins.register(plugin(rlzoo_target_updaters={"annealed": Annealed, name: Annealed}), name)
    assert catalog.get("target", "two").plugin == "two"
    with pytest.raises(PluginError) as caught:
        catalog.get("target", "annealed")
    expected = "target `annealed` is claimed by one and two; choose with `--no-plugin one` or `--no-plugin two`"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("hook", "kind", "offer", "expected"),
    [
        ("rlzoo_buffers", "buffer", dict, "a frozen dataclass"),
        ("rlzoo_buffers", "buffer", Annealed(), "a frozen dataclass"),
        ("rlzoo_buffers", "buffer", NoComponent, "a frozen dataclass that subclasses rlzoo.contracts.Component"),
        ("rlzoo_buffers", "buffer", NoBuild, "a class that defines `build`"),
        ("rlzoo_algorithms", "algorithm", Annealed, "an rlzoo.Algorithm"),
    ],
)
def test_what_is_registered_must_be_of_its_kind(catalog: Catalog, hook, kind, offer, expected: str) -> None:
    catalog.plugins.register(plugin(**{hook: {"mine": offer}}), "mine")
    with pytest.raises(PluginError, match=f"`mine` comes from mine 0, where it is .* not {expected}"):
        catalog.get(kind, "mine")


def test_a_name_is_found_in_every_kind_that_has_it(catalog: Catalog) -> None:
    catalog.plugins.register(plugin(rlzoo_algorithms={"annealed": Algorithm("x")}), "one")
    catalog.plugins.register(plugin(rlzoo_target_updaters={"annealed": Annealed}), "two")
    assert [entry.kind for entry in catalog.find("annealed")] == ["target", "algorithm"]
    with pytest.raises(UnknownName, match=r"unknown algorithm or component `anealed`. Did you mean `annealed`"):
        catalog.find("anealed")


def test_everything_has_a_summary_and_an_origin() -> None:
    catalog = open_catalog()
    for kind in KINDS:
        for name in catalog.names(kind):
            entry = catalog.get(kind, name)
            assert catalog.from_source().get(kind, name).summary == entry.summary != ""
            assert catalog.origin(kind, name) == f"{entry.plugin} {entry.version}"
