"""Arguments of the Python API where a name is expected: names, or classes that are registered on the spot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from os import PathLike
from types import SimpleNamespace
from typing import Any

from rlzoo.contracts.errors import OptionError, UnknownName, nearest
from rlzoo.contracts.hooks import HOOKS, hookimpl
from rlzoo.registry.catalog import SLOTS, Catalog


def component_name(catalog: Catalog, kind: str, given: object) -> str:
    """Return a name as it is, and for a class the name under which the catalog has it, or has it from now on.

    Raises OptionError for anything else, PluginError for a class that is not a component.
    """
    if isinstance(given, str):
        return given
    if not isinstance(given, type):
        raise OptionError(f"`{kind}` must be the name of a component or a class, got {given!r}")
    source = f"{given.__module__}:{given.__qualname__}"
    for offers in catalog.plugins.offers.values():
        for name, offer in offers.get(kind, {}).items():
            if offer is given or offer == source:
                return name
    plain = re.sub(r"\W", "-", given.__qualname__).strip("-")
    name = plain if plain not in catalog.names(kind) else f"{plain}-{len(catalog.names(kind))}"
    hook = hookimpl(lambda: {name: given})
    catalog.plugins.register(SimpleNamespace(**{HOOKS[kind]: hook}), f"{given.__module__}.{given.__qualname__}")
    catalog.get(kind, name)
    return name


def check_texts(**given: object) -> None:
    """Raise OptionError for an argument that should be a name and is not."""
    for name, value in given.items():
        if not isinstance(value, str):
            raise OptionError(f"`{name}` must be a name, got {value!r}")


def check_out(out: object) -> None:
    """Raise OptionError unless the folder for the results is a path or None."""
    if out is not None and not isinstance(out, str | PathLike):
        raise OptionError(f"`out` must be a path, got {out!r}")


def check_workers(workers: object) -> None:
    """Raise OptionError unless the number of workers is at least 1, or None."""
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise OptionError(f"`workers` must be a number of at least 1 or None, got {workers!r}")


def check_slots(components: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the components by slot. Raises UnknownName for an argument that is not a slot."""
    for slot in components:
        if slot not in SLOTS:
            raise UnknownName(f"unknown argument or slot `{slot}`.{nearest(slot, SLOTS)} Slots: {', '.join(SLOTS)}")
    return components


def observer_names(catalog: Catalog, given: object) -> list[str]:
    """Return the names of observers. Raises OptionError unless they are a list of names and classes."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise OptionError(f"`observers` must be a list, such as [{given!r}], got {given!r}")
    return [component_name(catalog, "observer", observer) for observer in given]


def settings_table(given: object) -> dict[str, Any]:
    """Return settings by name. Raises OptionError unless they are a mapping from names."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise OptionError(f'`set` must be a mapping, such as {{"train.n_step": 3}}, got {given!r}')
    return dict(given)
