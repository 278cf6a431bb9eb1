"""From names to components: what the plugins offer, imported when it is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

from rlzoo.contracts import Algorithm, Component
from rlzoo.contracts.errors import PluginError, UnknownName, listed, nearest
from rlzoo.contracts.hooks import HOOKS
from rlzoo.registry.options import summary
from rlzoo.registry.plugins import PluginRecord, Plugins, error_line, open_plugins

SLOTS = ("buffer", "network", "exploration", "target", "objective", "optimizer")
KINDS = tuple(HOOKS)


@dataclass(frozen=True)
class Entry:
    """One registered thing: `component` is a class of options, an `Algorithm` or a command, by `kind`."""

    kind: str
    name: str
    component: Any
    plugin: str
    version: str

    @property
    def summary(self) -> str:
        """One line on what it is."""
        if self.kind == "algorithm":
            return self.component.summary
        return self.component.get_short_help_str(limit=100) if self.kind == "command" else summary(self.component)

    @property
    def reference(self) -> str:
        """Where it was published, or "" if it does not say."""
        return "" if self.kind == "command" else str(self.component.reference)


class Catalog:
    """Everything the plugins offer."""

    def __init__(self, plugins: Plugins) -> None:
        self.plugins = plugins

    @property
    def records(self) -> tuple[PluginRecord, ...]:
        """What became of each plugin."""
        return tuple(self.plugins.records.values())

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the registered names of a kind, sorted. Raises `UnknownName` for an unknown kind."""
        if kind not in KINDS:
            raise UnknownName(f"there is no kind `{kind}`.{nearest(kind, KINDS)} Kinds: {listed(KINDS)}")
        return tuple(sorted({name for offers in self.plugins.offers.values() for name in offers.get(kind, {})}))

    def get(self, kind: str, name: str) -> Entry:
        """Return what is registered under a name, importing it.

        Raises `UnknownName`, or `PluginError` if several plugins claim the name or its own cannot be imported.
        """
        if name not in self.names(kind):
            raise UnknownName(self._unknown(kind, name, self.names(kind)))
        owner, *others = [key for key, offers in self.plugins.offers.items() if name in offers.get(kind, {})]
        if others:
            remedy = " or ".join(f"`--no-plugin {key.partition(':')[0]}`" for key in (owner, *others))
            raise PluginError(f"{kind} `{name}` is claimed by {' and '.join((owner, *others))}; choose with {remedy}")
        version = self.plugins.records[owner].version
        component = _imported(kind, name, self.plugins.offers[owner][kind][name], f"{owner} {version}")
        return Entry(kind, name, component, owner, version)

    def find(self, name: str) -> list[Entry]:
        """Return every algorithm and component of that name. Raises as `get` does."""
        names = {kind: self.names(kind) for kind in KINDS if kind != "command"}
        found, broken = list[Entry](), list[PluginError]()
        for kind in (kind for kind in names if name in names[kind]):
            try:
                found.append(self.get(kind, name))
            except PluginError as error:  # which does not hide what else has the name
                broken.append(error)
        if broken and not found:
            raise broken[0]
        if not found:
            raise UnknownName(self._unknown("algorithm or component", name, {n for own in names.values() for n in own}))
        return found

    def _unknown(self, kind: str, name: str, names: Collection[str]) -> str:
        missing = [f"{record.name} {record.version} ({record.status}: {record.reason})" for record in self._missing()]
        hint = f" It may come from {listed(missing)}." if missing else ""
        return f"there is no {kind} `{name}`.{nearest(name, names)}{hint} Valid: {listed(names)}"

    def _missing(self) -> list[PluginRecord]:
        return [record for record in self.records if record.status in ("failed", "blocked")]


def open_catalog(*, no_plugins: bool = False, blocked: Collection[str] = ()) -> Catalog:
    """Return the catalog of the built-ins and the installed plugins."""
    return Catalog(open_plugins(block_all=no_plugins, blocked=blocked))


def _imported(kind: str, name: str, offer: object, origin: str) -> Any:
    try:
        component = resolve_name(offer) if isinstance(offer, str) else offer
    except (Exception, SystemExit) as error:  # a module may call sys.exit() when imported
        reason = f"which failed to load: {error_line(error)}"
        raise PluginError(f"{kind} `{name}` comes from {origin}, {reason}") from error
    expected = _expected(kind, component)
    if expected:
        raise PluginError(f"{kind} `{name}` comes from {origin}, where it is {component!r}, not {expected}")
    return component


def _expected(kind: str, component: object) -> str:
    """Return what the component should have been, or "" where it is that."""
    if kind == "command":
        return "" if hasattr(component, "get_short_help_str") else "a click command"
    if kind == "algorithm":
        return "" if isinstance(component, Algorithm) else "an rlzoo.Algorithm"
    fits = isinstance(component, type) and issubclass(component, Component) and dataclasses.is_dataclass(component)
    return "" if fits else "a frozen dataclass that subclasses rlzoo.contracts.Component"
