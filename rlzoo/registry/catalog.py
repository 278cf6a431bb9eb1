"""The catalog: registered names and the components behind them, imported when requested."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

from rlzoo.contracts import Algorithm, Component, Preset
from rlzoo.contracts.errors import PluginError, UnknownName, listed, nearest, valid_names
from rlzoo.contracts.hooks import HOOKS
from rlzoo.registry.options import summary
from rlzoo.registry.packages import INSTALL_ALL, PACKAGES, Package, package_with
from rlzoo.registry.plugins import PluginRecord, Plugins, error_line, open_plugins
from rlzoo.registry.source import class_from_source

SLOTS = ("buffer", "network", "exploration", "target", "objective", "optimizer", "intervention")
KINDS = tuple(HOOKS)


@dataclass(frozen=True)
class Entry:
    """A registered name. By `kind`, `component` is a class of options, an `Algorithm`, a `Preset` or a command."""

    kind: str
    name: str
    component: Any
    plugin: str
    version: str

    @property
    def summary(self) -> str:
        """A one-line description."""
        if self.kind in ("algorithm", "preset"):
            return str(self.component.summary)
        return self.component.get_short_help_str(limit=100) if self.kind == "command" else summary(self.component)

    @property
    def reference(self) -> str:
        """The publication it comes from, or ""."""
        return "" if self.kind == "command" else str(self.component.reference)


class Catalog:
    """All registered names, from the built-ins and the plugins."""

    def __init__(self, plugins: Plugins, *, from_source: bool = False) -> None:
        self.plugins = plugins
        self._from_source = from_source

    def from_source(self) -> Catalog:
        """Return a catalog that reads options from the source of components, where it can, and so imports no PyTorch.

        Its components can be described and composed, but not built.
        """
        return Catalog(self.plugins, from_source=True)

    @property
    def records(self) -> tuple[PluginRecord, ...]:
        """The record of each plugin: loaded, failed or blocked, and what it adds."""
        return tuple(self.plugins.records.values())

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the registered names of a kind, sorted. Raises `UnknownName` for an unknown kind."""
        if kind not in KINDS:
            raise UnknownName(f"unknown kind `{kind}`.{nearest(kind, KINDS)} Kinds: {valid_names(kind, KINDS)}")
        return tuple(sorted({name for offers in self.plugins.offers.values() for name in offers.get(kind, {})}))

    def get(self, kind: str, name: str) -> Entry:
        """Return the entry registered under a name, importing its component.

        Raises `UnknownName`, or `PluginError` if several plugins claim the name or the component cannot be imported.
        """
        owner = self._owner(kind, name)
        version, offer = self.plugins.records[owner].version, self.plugins.offers[owner][kind][name]
        written = class_from_source(str(offer)) if self._from_source and _unimported(kind, offer) else None
        component = written or _imported(kind, name, offer, f"{owner} {version}")
        return Entry(kind, name, component, owner, version)

    def check(self, kind: str, name: str) -> None:
        """Raise what `get` raises if there is no such name, or several; nothing is imported."""
        self._owner(kind, name)

    def origin(self, kind: str, name: str) -> str:
        """Return the plugin that a name comes from, and its version. Raises as `check` does."""
        owner = self._owner(kind, name)
        return f"{owner} {self.plugins.records[owner].version}"

    def _owner(self, kind: str, name: str) -> str:
        """Return the plugin that a name comes from."""
        if name not in self.names(kind):
            raise UnknownName(self.absence(kind, name) or self._unknown(kind, name, self.names(kind)))
        owner, *others = [key for key, offers in self.plugins.offers.items() if name in offers.get(kind, {})]
        if others:
            remedy = " or ".join(f"`--no-plugin {key.partition(':')[0]}`" for key in (owner, *others))
            raise PluginError(f"{kind} `{name}` is claimed by {' and '.join((owner, *others))}; choose with {remedy}")
        return owner

    def find(self, name: str) -> list[Entry]:
        """Return every algorithm and component of that name. Raises as `get` does."""
        names = {kind: self.names(kind) for kind in KINDS if kind != "command"}
        found, broken = list[Entry](), list[PluginError]()
        for kind in (kind for kind in names if name in names[kind]):
            try:
                found.append(self.get(kind, name))
            except PluginError as error:  # does not hide other components of the same name
                broken.append(error)
        if broken and not found:
            raise broken[0]
        if not found:
            absent = next(filter(None, (self.absence(kind, name) for kind in names)), "")
            everything = {name for registered in names.values() for name in registered}
            raise UnknownName(absent or self._unknown("algorithm or component", name, everything))
        return found

    def not_installed(self) -> list[Package]:
        """Return the packages of the project that are not installed, with the names that are missing."""
        missing = [self._missing_from(package) for package in PACKAGES if package.name not in self.plugins.records]
        return [package for package in missing if package.adds]

    def absence(self, kind: str, name: str) -> str:
        """Return why a name that a package of the project adds is not available, and what to do; else ""."""
        package = None if name in self.names(kind) else package_with(kind, name)
        if package is None:
            return ""
        record = self.plugins.records.get(package.name)
        if record is not None:
            return "" if record.status == "loaded" else f"{kind} `{name}` comes with {_state(record)}"
        return (
            f"{kind} `{name}` comes with the package {package.name}, which is not installed; in a checkout of "
            f"rlzoo, `{INSTALL_ALL}` installs all packages"
        )

    def _missing_from(self, package: Package) -> Package:
        missing = {
            kind: tuple(name for name in names if name not in self.names(kind)) for kind, names in package.adds.items()
        }
        return Package(package.name, {kind: names for kind, names in missing.items() if names})

    def _unknown(self, kind: str, name: str, names: Collection[str]) -> str:
        unavailable = [_state(record) for record in self.records if record.status in ("failed", "blocked")]
        hint = f" It may come from {listed(unavailable)}." if unavailable else ""
        return f"unknown {kind} `{name}`.{nearest(name, names)}{hint} Valid: {valid_names(name, sorted(names))}"


def kind_of(word: str) -> str:
    """Return the kind that a word names, also in the plural; other words as they are."""
    return word.removesuffix("s") if word.removesuffix("s") in KINDS else word


def open_catalog(*, no_plugins: bool = False, blocked: Collection[str] = ()) -> Catalog:
    """Return the catalog of the built-ins and the installed plugins."""
    return Catalog(open_plugins(block_all=no_plugins, blocked=blocked))


def _state(record: PluginRecord) -> str:
    """Return a plugin that is not available, with the reason."""
    return f"{record.name} {record.version} ({record.status}: {record.reason})"


def _unimported(kind: str, offer: object) -> bool:
    """Whether a component is given as the name of a class in a module that has not been imported."""
    is_class = isinstance(offer, str) and kind not in ("algorithm", "preset", "command")
    return is_class and str(offer).partition(":")[0] not in sys.modules


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
    """Return what the component should be, or "" if it is."""
    if kind == "command":
        return "" if hasattr(component, "get_short_help_str") else "a click command"
    if kind == "algorithm":
        return "" if isinstance(component, Algorithm) else "an rlzoo.Algorithm"
    if kind == "preset":
        return "" if isinstance(component, Preset) else "an rlzoo.Preset"
    fits = isinstance(component, type) and issubclass(component, Component) and dataclasses.is_dataclass(component)
    if not fits:
        return "a frozen dataclass that subclasses rlzoo.contracts.Component"
    missing = sorted(getattr(component, "__abstractmethods__", ()))
    return f"a class that defines {listed([f'`{method}`' for method in missing])}" if missing else ""
