"""Modules that a run's manifest names, which are imported, and so executed, when its environment is made."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from importlib.metadata import entry_points

from rlzoo.contracts import Composition


def untrusted_modules(composition: Composition, allowed: Collection[str]) -> list[str]:
    """The modules of a run that are neither a plugin's nor `allowed`."""
    trusted = {"gymnasium", "rlzoo", *_plugins(), *allowed}
    found = sorted(set(_named(composition)) - trusted)
    return [module for module in found if module.partition(".")[0] not in trusted]


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
