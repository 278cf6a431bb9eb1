"""The package of a new plugin: its files, and writing them."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rlzoo.contracts.errors import BadInput, UnknownName, nearest
from rlzoo.contracts.hooks import HOOKS
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.packages import DISTRIBUTION
from rlzoo.results.files import shown
from rlzoo.scaffold.names import PluginName, check_name

if TYPE_CHECKING:
    import jinja2

SUFFIX = ".jinja"
COMMON = "common"
"""The templates of all kinds. A template of a kind with the same path replaces them."""


@dataclass(frozen=True)
class NewPlugin:
    """A package on disk, and a command that uses it."""

    folder: Path
    name: PluginName
    summary: str
    example: str


def kinds() -> tuple[str, ...]:
    """Return the kinds with templates, in the order of the hooks."""
    folders = {folder.name for folder in files(__package__).joinpath("templates").iterdir()}
    return tuple(kind for kind in HOOKS if kind in folders)


def new_plugin(text: str, kind: str, folder: Path, catalog: Catalog) -> NewPlugin:
    """Write the package `text`, which adds one component of `kind`, to `folder`, completely or not at all.

    Raises UnknownName for an unknown kind, and BadInput for an invalid name or a folder that is not empty or cannot be
    written.
    """
    if kind not in kinds():
        raise UnknownName(f"unknown slot `{kind}`.{nearest(kind, kinds())} Valid: {', '.join(kinds())}")
    name = check_name(text, kind, lambda name: _taken(name, kind, catalog) or _clash(name, kind))
    context = _context(name, kind)
    try:
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise BadInput(f"`{shown(folder)}` already exists and is not an empty folder; choose another with `--into`")
        _write(folder, render(name, kind))
    except OSError as error:
        raise BadInput(
            f"cannot write to `{shown(folder)}`: {error.strerror or error}; choose another with `--into`"
        ) from error
    return NewPlugin(folder, name, context["summary"], context["example"])


def render(name: PluginName, kind: str) -> dict[str, str]:
    """Return the files of the package: path to text."""
    environment, context = _environment(), _context(name, kind)
    templates = {path: f"{folder}/{path}" for folder in (COMMON, kind) for path in _paths(folder)}
    rendered = {}
    for path, template in sorted(templates.items()):
        target = environment.from_string(path.removesuffix(SUFFIX)).render(context)
        rendered[target] = environment.get_template(template).render(context)
    return rendered


def requirement(of: str) -> str:
    """Return the requirement for a plugin made with version `of`, by the policy in docs/plugins.md."""
    major, minor = map(int, of.split(".")[:2])
    allowed = f">={major}.{minor},<{major + 1}" if major else f">=0.{minor},<0.{minor + 2}"
    return f"{DISTRIBUTION}{allowed}"


def _paths(folder: str) -> list[str]:
    paths = _environment().list_templates(extensions=[SUFFIX.removeprefix(".")])
    return [path.removeprefix(f"{folder}/") for path in paths if path.startswith(f"{folder}/")]


@cache
def _environment() -> jinja2.Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("rlzoo.scaffold", "templates")
    return Environment(
        loader=loader, undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )


def _context(name: PluginName, kind: str) -> dict[str, Any]:
    """Return the variables of the templates; `about.toml` has those that differ between kinds."""
    about = tomllib.loads(files(__package__).joinpath("templates", kind, "about.toml").read_text("utf-8"))
    context = {
        "name": name.distribution,
        "package": name.package,
        "component": name.component,
        "registered": name.component,
        "class_name": name.class_name,
        "kind": kind,
        "hook": HOOKS[kind],
        "rlzoo": requirement(version(DISTRIBUTION)),
        "year": date.today().year,
    }
    about_kind = {key: _environment().from_string(text).render(context) for key, text in about.items()}
    return context | about_kind


def _taken(name: PluginName, kind: str, catalog: Catalog) -> str:
    taken = _context(name, kind)["registered"] in catalog.names(kind)
    return f"the {kind} `{name.component}` already exists" if taken else ""


def _clash(name: PluginName, kind: str) -> str:
    """Return why a class of the name would hide an import: a buffer called `ring` imports the class `Ring`."""
    for path, text in render(name, kind).items():
        hidden = _hidden(ast.parse(text).body) if path.endswith(".py") else set()
        if hidden:
            return f"its code imports another `{min(hidden)}`"
    return ""


def _hidden(body: Sequence[ast.stmt]) -> set[str]:
    """Return the names that a module both imports and defines."""
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {alias.name for node in imports for alias in node.names}
    return imported & {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def _write(folder: Path, rendered: Mapping[str, str]) -> None:
    """Write to a temporary folder first, so that a partial package is never visible."""
    there = folder.exists()  # then it stays: it may be a working directory
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder if there else folder.parent) as elsewhere:
        whole = Path(elsewhere, "whole")
        for path, text in rendered.items():
            whole.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
            whole.joinpath(path).write_text(text, "utf-8")
        if not there:
            whole.rename(folder)
            return
        for entry in list(whole.iterdir()):
            entry.rename(folder / entry.name)
