"""Find the installed plugins, load each separately, and record what it adds or why it failed."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points, version
from typing import Literal

import pluggy

from rlzoo.contracts import hooks
from rlzoo.contracts.errors import PluginError, UnknownName, nearest, valid_names
from rlzoo.registry import builtins
from rlzoo.registry.packages import DISTRIBUTION

BUILT_IN = "rlzoo"
"""The record of the built-in components."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"), "letters, digits, `-`, `_` and `.`"
_PRESET = re.compile(rf"({_NAME[0].pattern})/([\w.:/-]+)/({_NAME[0].pattern})"), "`ALGORITHM/ENVIRONMENT/NAME`"
_log = logging.getLogger("rlzoo")

Offers = Mapping[str, Mapping[str, object]]
"""Kind (a slot, or environment, observer, executor, algorithm, preset, command) to name to what a hook returned."""


@dataclass(frozen=True)
class PluginRecord:
    """The status of a plugin: `adds` maps a kind to names, `reason` says why it failed or was blocked."""

    name: str
    version: str
    status: Literal["built-in", "loaded", "failed", "blocked"]
    adds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""
    warnings: tuple[str, ...] = ()


class Plugins:
    """The built-ins and the registered or discovered plugins; a broken plugin does not affect others.

    With `strict`, a broken plugin raises `PluginError` instead of being recorded.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.records: dict[str, PluginRecord] = {}
        self.offers: dict[str, Offers] = {}
        offers = collect(builtins)
        self._add(PluginRecord(BUILT_IN, version(DISTRIBUTION), "built-in"), offers)

    def discover(self, *, block_all: bool = False, blocked: Collection[str] = ()) -> None:
        """Load every entry point of the group `rlzoo` that is not blocked; a blocked one is not even imported.

        Raises `UnknownName` for a blocked name that no installed plugin has.
        """
        found = _named(entry_points(group="rlzoo"))
        names = sorted({name.partition(":")[0] for name in found} | found.keys())
        wanted = {_normalized(name): name for name in blocked}
        for key, name in wanted.items():
            if key not in names:
                raise UnknownName(
                    f"no plugin `{name}` is installed.{nearest(name, names)} Installed: {valid_names(name, names)}"
                )
        for name, entry in found.items():
            option = _blocking(name, wanted, block_all)
            if option:
                self.records[name] = PluginRecord(name, _version(entry), "blocked", reason=option)
            else:
                self._load(name, entry)

    def register(self, plugin: object, name: str, version: str = "0") -> None:
        """Register one plugin: any object with hook implementations, usually a module."""
        try:
            offers = collect(plugin)
        except (Exception, SystemExit) as error:  # a hook may call sys.exit()
            self._fail(name, version, error)
        else:
            self._add(PluginRecord(name, version, "loaded"), offers)

    def _load(self, name: str, entry: EntryPoint) -> None:
        try:
            plugin = entry.load()
        except (Exception, SystemExit) as error:  # a module may call sys.exit() when imported
            self._fail(name, _version(entry), error)
        else:
            self.register(plugin, name, _version(entry))

    def _add(self, record: PluginRecord, offers: Offers) -> None:
        builtin = self.offers.get(BUILT_IN, {})
        shadowing = [(kind, name) for kind in offers for name in offers[kind] if name in builtin.get(kind, {})]
        warnings = tuple(f"{kind} `{name}` is built in; the plugin's is not used" for kind, name in shadowing)
        for warning in warnings:
            _log.warning("plugin %s %s: %s; rename it", record.name, record.version, warning)
        kept = {
            kind: {name: value for name, value in named.items() if (kind, name) not in shadowing}
            for kind, named in offers.items()
        }
        adds = {kind: tuple(named) for kind, named in kept.items() if named}
        self.offers[record.name] = kept
        self.records[record.name] = PluginRecord(record.name, record.version, record.status, adds, "", warnings)

    def _fail(self, name: str, version: str, error: BaseException) -> None:
        reason = error_line(error)
        distribution = name.partition(":")[0]
        line = f"plugin {name} {version} failed to load: {reason}"
        remedy = f"update it, uninstall it, or disable it with --no-plugin {distribution}"
        if self.strict:
            raise PluginError(f"{line}; {remedy}") from error
        self.records[name] = PluginRecord(name, version, "failed", reason=reason)
        _log.warning("%s; %s", line, remedy)
        _log.debug("plugin %s failed:", name, exc_info=error)


def open_plugins(*, block_all: bool = False, blocked: Collection[str] = ()) -> Plugins:
    """Return the built-ins and the installed plugins; `RLZOO_STRICT_PLUGINS=1` makes a broken one an error."""
    plugins = Plugins(strict=os.environ.get("RLZOO_STRICT_PLUGINS", "0") not in ("", "0"))
    plugins.discover(block_all=block_all, blocked=blocked)
    return plugins


def collect(plugin: object) -> Offers:
    """Call every hook of one plugin and return what it offers, by kind.

    Each plugin gets its own plugin manager, so that one that misspells a hook leaves nothing behind.
    Raises `PluginError` when it implements no hook, an unknown one, or returns no mapping from names.
    """
    manager = pluggy.PluginManager("rlzoo")
    manager.add_hookspecs(hooks)
    manager.register(plugin)
    _check_hooks(manager, plugin)
    return {
        kind: _merged(hook, getattr(manager.hook, hook)())
        for kind, hook in hooks.HOOKS.items()
        if getattr(manager.hook, hook).get_hookimpls()
    }


def error_line(error: BaseException) -> str:
    """Return an exception's type and message on one line, without the type for errors of rlzoo."""
    message = " ".join(str(error).split())
    return message if isinstance(error, PluginError) else f"{type(error).__name__}: {message}"


def _check_hooks(manager: pluggy.PluginManager, plugin: object) -> None:
    implemented = manager.get_hookcallers(plugin)
    if not implemented:
        raise PluginError("it implements no hook; is `@hookimpl` missing?")
    try:
        manager.check_pending()
    except pluggy.PluginValidationError:
        unknown = next(hook.name for hook in implemented if not hook.has_spec())
        hint = nearest(unknown, hooks.HOOKS.values())
        raise PluginError(f"it implements `{unknown}`, which is not a hook.{hint}") from None


def _merged(hook: str, results: Iterable[object]) -> dict[str, object]:
    merged: dict[str, object] = {}
    form, described = _PRESET if hook == hooks.HOOKS["preset"] else _NAME
    for result in results:
        if not isinstance(result, Mapping):
            raise PluginError(f"`{hook}` returned {type(result).__name__}, not a mapping from names")
        for name in result:
            if not isinstance(name, str) or not form.fullmatch(name):
                raise PluginError(f"`{hook}` returned the name {name!r}; names are {described}")
        merged.update(result)
    return merged


def _named(entries: Iterable[EntryPoint]) -> dict[str, EntryPoint]:
    """Name each entry point after its distribution, with `:ENTRY` behind where a distribution has several."""
    by_distribution: dict[str, dict[str, EntryPoint]] = {}
    for entry in entries:
        by_distribution.setdefault(_distribution(entry), {}).setdefault(entry.name, entry)
    return {
        name if len(entries) == 1 else f"{name}:{_normalized(entry)}": entries[entry]
        for name, entries in sorted(by_distribution.items())
        for entry in entries
    }


def _distribution(entry: EntryPoint) -> str:
    return _normalized((entry.dist and entry.dist.name) or entry.name)


def _version(entry: EntryPoint) -> str:
    return (entry.dist and entry.dist.version) or "unknown"


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _blocking(name: str, wanted: Collection[str], block_all: bool) -> str:
    """Return the option that blocks this plugin, or ""."""
    if block_all:
        return "--no-plugins"
    return next((f"--no-plugin {key}" for key in (name, name.partition(":")[0]) if key in wanted), "")
