"""The reference of the public Python API, made from docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import rlzoo
from website.markdown import page

EVERYTHING = "everything"


def public_modules(guide: Path) -> dict[str, list[str]]:
    """Return what docs/plugins.md calls public: module to names, of which there are none if all names are public."""
    section = guide.read_text().partition("\n## Public API\n")[2].partition("\n## ")[0]
    modules: dict[str, list[str]] = {}
    for cell, what in re.findall(r"^\| (`.*?) \| (.*) \|$", section, re.MULTILINE):
        names = [] if what.startswith((EVERYTHING, "the table", "the hooks")) else _names(what)
        modules |= dict.fromkeys(re.findall(r"`([\w.]+)`", cell), names)
    return modules


def reference_pages(guide: Path) -> Iterator[tuple[str, str]]:
    """Yield the address and the Markdown of each page. What several modules offer is described once, and linked."""
    homes: dict[str, str] = {}
    for module, names in public_modules(guide).items():
        parts = [_object(_home(module, name), module, homes) for name in names or _members(module)]
        yield f"reference/{module}.md", page(f"# {module}", _docstring(module), *parts)


def _names(text: str) -> list[str]:
    return [name for name in re.findall(r"`(\w+)", re.sub(r" \(.*?\)", "", text)) if not name.startswith("__")]


def _members(module: str) -> list[str]:
    found = import_module(module)
    names = getattr(found, "__all__", None) or [
        name for name, value in vars(found).items() if getattr(value, "__module__", None) == module
    ]
    return [name for name in names if not name.startswith("_")]


def _home(module: str, name: str) -> str:
    """Return where an object is defined: a module may offer what another one defines."""
    found = getattr(import_module(module), name)
    home = getattr(found, "__module__", None) or module
    there = home.startswith(rlzoo.__name__) and getattr(import_module(home), name, None) is found
    return f"{home if there else module}.{name}"


def _docstring(module: str) -> str:
    return (import_module(module).__doc__ or "").strip() if module != rlzoo.__name__ else ""


def _object(path: str, module: str, homes: dict[str, str]) -> str:
    """Return what shows an object, or a link to the page of another module that does."""
    home = homes.setdefault(path, module)
    name = path.rpartition(".")[2]
    return f"::: {path}" if home == module else f"`{name}`: see [{home}]({home}.md#{path})"
