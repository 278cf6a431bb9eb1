"""Modules that a run's manifest names, which are imported, and so executed, when its environment is made."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from importlib.metadata import entry_points

import click

from rlzoo.contracts import Composition
from rlzoo.contracts.errors import BadInput


def check_modules(composition: Composition, allowed: Collection[str]) -> None:
    """Ask before modules are imported that are neither a plugin's nor `allowed`.

    Raises BadInput if the answer is no, or if there is no terminal to ask on.
    """
    trusted = {"gymnasium", "rlzoo", *_plugins(), *allowed}
    for module in sorted(set(_named(composition)) - trusted):
        if module.partition(".")[0] in trusted:
            continue
        if sys.stdin is None or not sys.stdin.isatty():
            raise BadInput(f"the run imports the module `{module}`; if you trust it, add `--allow-import {module}`")
        if not click.confirm(f"The run imports, and so executes, the module `{module}`. Continue?", err=True):
            raise BadInput(f"the module `{module}` was not allowed")


def _named(composition: Composition) -> Iterator[str]:
    """The modules in the environment's id and in the names of its wrappers, `module:Name`."""
    environment = composition["environment"]
    wrappers = getattr(environment, "wrappers", ())
    names = [wrapper if isinstance(wrapper, str) else str(wrapper.get("name", "")) for wrapper in wrappers]
    for name in (environment.id, *names):
        module, colon, _ = name.partition(":")
        if colon:
            yield module


def _plugins() -> set[str]:
    """The top modules of installed plugins."""
    return {entry.module.partition(".")[0] for entry in entry_points(group="rlzoo")}
