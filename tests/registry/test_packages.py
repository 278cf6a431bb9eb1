"""The table of the project's packages says what they really add."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from rlzoo.contracts.errors import UnknownName
from rlzoo.registry.catalog import Catalog, open_catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.packages import INSTALL_ALL, PACKAGES, Package
from rlzoo.registry.plugins import Plugins

from support.plugin_sources import plugin

ROOT = Path(__file__).parents[2]
NAMES = [package.name for package in PACKAGES]


def test_every_package_of_the_project_is_in_the_table() -> None:
    folders = {path.parent.name: tomllib.loads(path.read_text()) for path in ROOT.glob("plugins/*/pyproject.toml")}
    assert {name: settings["project"]["name"] for name, settings in folders.items()} == {name: name for name in NAMES}


def test_the_extra_all_has_every_package() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert extras["all"] == NAMES


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_table_has_the_names_that_a_package_adds(package: Package) -> None:
    records = open_catalog().plugins.records
    if package.name not in records:
        pytest.skip(f"{package.name} is not installed")
    assert {kind: tuple(sorted(names)) for kind, names in records[package.name].adds.items()} == package.adds


def test_a_name_whose_package_is_missing_says_how_to_install_it() -> None:
    with pytest.raises(UnknownName) as caught:
        Catalog(Plugins()).get("algorithm", "rainbow")
    assert str(caught.value) == (
        "algorithm `rainbow` comes with the package rlzoo-rainbow, which is not installed; in a checkout of rlzoo, "
        f"`{INSTALL_ALL}` installs all packages"
    )


def test_so_does_an_environment_of_a_family() -> None:
    with pytest.raises(UnknownName, match="environment `minatar` comes with the package rlzoo-minatar"):
        compose(Catalog(Plugins()), "dqn", environment="minatar/breakout")


def test_so_does_a_name_in_any_slot() -> None:
    with pytest.raises(UnknownName, match="buffer `prioritized` comes with the package rlzoo-replay"):
        Catalog(Plugins()).find("prioritized")


def test_a_blocked_package_is_not_called_missing() -> None:
    catalog = open_catalog(no_plugins=True)
    with pytest.raises(UnknownName, match=r"`c51` comes with rlzoo-distributional 0\.1\.0 \(blocked: --no-plugins\)"):
        catalog.get("algorithm", "c51")
    assert "rlzoo-distributional" not in [package.name for package in catalog.not_installed()]


def test_names_that_something_else_adds_are_not_missing() -> None:
    catalog = Catalog(Plugins())
    catalog.plugins.register(plugin(rlzoo_algorithms=dict.fromkeys(("dqn-minatar", "pqn-minatar"), object())), "other")
    adds = {package.name: package.adds for package in catalog.not_installed()}
    assert adds["rlzoo-minatar"].keys() == {"environment", "preset"}
