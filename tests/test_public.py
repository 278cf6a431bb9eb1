"""What docs/plugins.md calls public is there, and is all that plugins use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import pytest

from rlzoo.scaffold.names import PluginName
from rlzoo.scaffold.plugin import kinds, render

ROOT = Path(__file__).parents[1]
GUIDE = ROOT.joinpath("docs", "plugins.md").read_text()
ALL = "everything"


def table(heading: str) -> list[tuple[str, str]]:
    """The rows of the first table under a heading."""
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (`.*?) \| (.*) \|$", section, re.MULTILINE)


def names(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)", re.sub(r" \(.*?\)", "", cell)))


def public() -> dict[str, set[str]]:
    """Module to names that may be imported from it."""
    modules = {
        module: {ALL} if what.startswith(ALL) else names(what)
        for cell, what in table("Public API")
        for module in re.findall(r"`([\w.]+)`", cell)
    }
    tested = {name for cell, _ in table("Test it") for name in re.findall(r"`(\w+)", cell)}
    return modules | {"rlzoo.testing": tested | {"Rule", "Outcome"}}


PUBLIC = public()


def used(sources: Iterable[str]) -> set[tuple[str, str]]:
    """What these sources import from rlzoo: module and name."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    from_rlzoo = [node for node in nodes if (node.module or "").split(".")[0] == "rlzoo"]
    return {(node.module or "", alias.name) for node in from_rlzoo for alias in node.names}


@pytest.mark.parametrize("module", PUBLIC)
def test_what_is_public_is_there(module: str) -> None:
    found = import_module(module)
    assert {name for name in PUBLIC[module] - {ALL} if not hasattr(found, name)} == set()


def unlisted(sources: Iterable[str]) -> set[tuple[str, str]]:
    return {
        (module, name)
        for module, name in used(sources)
        if not {name, ALL} & PUBLIC.get(module, set()) and f"{module}.{name}" not in PUBLIC
    }


@pytest.mark.parametrize("plugin", sorted(ROOT.glob("plugins/*")), ids=lambda path: path.name)
def test_the_zoos_own_plugins_use_nothing_else(plugin: Path) -> None:
    assert unlisted(path.read_text() for path in plugin.glob("rlzoo_*/**/*.py")) == set()


@pytest.mark.parametrize("kind", kinds())
def test_templates_use_nothing_else(kind: str) -> None:
    rendered = render(PluginName("my-part"), kind)
    assert unlisted(text for path, text in rendered.items() if path.endswith(".py")) == set()
