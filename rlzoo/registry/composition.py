"""From the name of an algorithm and a user's choices to a component with options in each slot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rlzoo.contracts import Algorithm, Chosen, Composition, Preset, Train
from rlzoo.contracts.errors import BadInput, OptionError, PluginError, UnknownName, listed, nearest
from rlzoo.registry.catalog import SLOTS, Catalog, Entry
from rlzoo.registry.config import Config
from rlzoo.registry.options import Settings, build, convert, overlay
from rlzoo.registry.presets.lookup import find_preset
from rlzoo.registry.setting_names import SECTIONS, meant, setting_names, with_sections
from rlzoo.registry.values import literal

DEFAULT_ENVIRONMENT = "CartPole-v1"
OPTIONAL = {"intervention": "none"}
"""Slots that an algorithm need not name, and their components."""
_HOW = f"Settings are `SECTION.FIELD`; sections: {', '.join(SECTIONS)}"


def read_composition(catalog: Catalog, record: Mapping[str, Any]) -> Composition:
    """Read a composition written by `Composition.to_dict`, also by a version that lacked an optional slot.

    Raises `BadInput` for a damaged record, or if a component is no longer in the catalog.
    """
    try:
        recorded = {slot: _unchanged(catalog, slot) for slot in OPTIONAL} | record["components"]
        components = {slot: _recorded(catalog, slot, recorded[slot]) for slot in (*SLOTS, "environment")}
        return Composition(record["algorithm"], convert(Train, record["train"], "train"), components)
    except (KeyError, TypeError) as error:
        raise BadInput(f"the recorded composition is damaged: {type(error).__name__}: {error}") from error


def compose(
    catalog: Catalog,
    algorithm: str,
    components: Mapping[str, str] = {},
    settings: Mapping[str, object] = {},
    environment: str | None = None,
    preset: str | None = None,
    config: Config | None = None,
) -> Composition:
    """Return the composition of an algorithm, a configuration file, a preset, and a user's choices.

    Each overrides those before it; the preset may also be the file's, which then overrides it.

    A component or environment that the algorithm already has keeps its settings; another one takes its defaults.

    Raises `UnknownName` for names that are not registered, and `OptionError` for settings that do not exist, are
    invalid or would have no effect.
    """
    builder = _CompositionBuilder(catalog, algorithm)
    for base in _lineage(catalog, algorithm):
        builder.inherit(base, base.environment, f"algorithm `{algorithm}`")
    place = environment or (config and config.environment) or builder.environment
    if config is not None:
        if config.preset is not None and preset is None:
            builder.inherit_preset(config.preset, place)
        builder.inherit(config.changes(place), place, f"`{config.origin}`")
    if preset is not None:
        builder.inherit_preset(preset, place)
    builder.choose(components, settings, environment)
    return builder.build()


def default_environment(catalog: Catalog, algorithm: str) -> str:
    """Return the environment of an algorithm. Raises as `compose` does."""
    chosen = [base.environment for base in _lineage(catalog, algorithm) if base.environment is not None]
    return chosen[-1] if chosen else DEFAULT_ENVIRONMENT


class _CompositionBuilder:
    """Collects names and settings. Settings stay in layers, base first, until their component is known."""

    def __init__(self, catalog: Catalog, algorithm: str) -> None:
        self.catalog = catalog
        self.algorithm = algorithm
        self.components: dict[str, str] = dict(OPTIONAL)
        self.environment = DEFAULT_ENVIRONMENT
        self.inherited: dict[str, list[tuple[str, Settings]]] = {section: [] for section in SECTIONS}
        """Section to where settings come from, and the settings."""
        self.given: dict[str, dict[str, object]] = {}

    def inherit(self, base: Algorithm | Preset, environment: str | None, origin: str) -> None:
        """Add an algorithm on top of its bases, or other settings on top of the algorithm."""
        self._pick(base.components, environment)
        with _naming(origin):
            for section, settings in _sections(base.settings).items():
                self.inherited[section].append((origin, settings))

    def inherit_preset(self, name: str, environment: str) -> None:
        """Add a preset of the algorithm for the environment."""
        self.inherit(find_preset(self.catalog, self.algorithm, environment, name), environment, f"preset `{name}`")

    def choose(self, components: Mapping[str, str], settings: Settings, environment: str | None) -> None:
        """Add the user's choices."""
        self._pick(components, environment)
        self.given = _sections(self._with_sections(settings))
        if "id" in self.given["environment"]:
            raise OptionError("`environment.id` cannot be set; choose the environment with `--env ID`")

    def build(self) -> Composition:
        """Import the components and check every setting."""
        entries = {slot: self.catalog.get(slot, self._component(slot)) for slot in SLOTS}
        family, id_ = _family(self.catalog, self.environment)
        entries["environment"] = self.catalog.get("environment", family)
        self.inherited["environment"].append((self.environment, {"id": id_}))
        ignored = self._ignored(entries)
        chosen = {slot: self._chosen(entry) for slot, entry in entries.items()}
        train = self._train(ignored)
        if train.total_updates == 0 and train.schedule_steps is None:  # else it is the beginning of a longer run
            self._check_idle(train)
        return Composition(self.algorithm, train, chosen)

    def _with_sections(self, settings: Settings) -> Settings:
        """Add the sections that settings lack. Raises OptionError for a section that does not exist."""
        if all(name.partition(".")[0] in SECTIONS for name in settings):
            return settings
        classes: dict[str, type] = {"train": Train}
        classes |= {slot: self.catalog.get(slot, self._component(slot)).component for slot in SLOTS}
        classes["environment"] = self.catalog.get("environment", _family(self.catalog, self.environment)[0]).component
        known = setting_names(classes)
        for name in settings:
            if "." in name and name.partition(".")[0] not in SECTIONS:
                raise OptionError(f"unknown setting `{name}`.{meant(name, known)} {_HOW}")
        return with_sections(settings, known)

    def _pick(self, components: Mapping[str, str], environment: str | None) -> None:
        for slot, name in components.items():
            if slot not in SLOTS:
                raise UnknownName(f"unknown slot `{slot}`.{nearest(slot, SLOTS)} Slots: {', '.join(SLOTS)}")
            if self.components.get(slot) != name:
                self.inherited[slot].clear()
            self.components[slot] = name
        if environment is not None and environment != self.environment:
            self.inherited["environment"].clear()
            self.environment = environment

    def _component(self, slot: str) -> str:
        if slot not in self.components:
            valid = listed(self.catalog.names(slot))
            raise OptionError(f"algorithm `{self.algorithm}` has no {slot}; choose one of {valid}")
        return self.components[slot]

    def _ignored(self, entries: Mapping[str, Entry]) -> dict[str, str]:
        """Return the `train` fields that have no effect with a chosen component, and that component."""
        ignored = {
            name.removeprefix("train."): f"{slot}={entry.name}"
            for slot, entry in entries.items()
            for name in entry.component.ignores
        }
        given = overlay(Train, self.given["train"], "train")
        for name, owner in ignored.items():
            if given.get(name) is not None:
                raise OptionError(f"`train.{name}` has no effect with `{owner}`")
        return ignored

    def _check_idle(self, train: Train) -> None:
        """Raise OptionError for settings of updates, if the run makes none."""
        given = [f"optimizer.{field}" for field in self.given["optimizer"]]
        given += [f"train.{field}" for field in ("batch_size", "updates") if field in self.given["train"]]
        if given:
            raise OptionError(f"`{given[0]}` has no effect: {train.few_updates}")

    def _train(self, ignored: Mapping[str, str]) -> Train:
        train = build(Train, self._values(Train, "train", "train") | dict.fromkeys(ignored), "train")
        if train.batch_size is None and "batch_size" not in ignored:
            raise OptionError(f"`train.batch_size` must be given with `buffer={self.components['buffer']}`")
        return train

    def _chosen(self, entry: Entry) -> Chosen:
        values = self._values(entry.component, entry.kind, f"{entry.kind}={entry.name}")
        return Chosen(entry.kind, entry.name, build(entry.component, values, entry.kind), entry.plugin, entry.version)

    def _values(self, cls: type, section: str, owner: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for origin, layer in self.inherited[section]:
            with _naming(origin):
                values = overlay(cls, _nested(layer, values), section, values, owner)
        return overlay(cls, _nested(self.given[section], values), section, values, owner)


@contextmanager
def _naming(origin: str) -> Iterator[None]:
    """Make errors say where the settings come from."""
    try:
        yield
    except OptionError as error:
        raise OptionError(f"{origin}: {error}") from error


def _lineage(catalog: Catalog, algorithm: str) -> list[Algorithm]:
    """Return the algorithm and its bases, base first. Raises `PluginError` if they form a cycle."""
    lineage: dict[str, Algorithm] = {}
    name: str | None = algorithm
    while name is not None:
        if name in lineage:
            raise PluginError(f"algorithm `{algorithm}` is its own base: {' -> '.join((*lineage, name))}")
        lineage[name] = catalog.get("algorithm", name).component
        name = lineage[name].like
    return list(lineage.values())[::-1]


def _sections(settings: Settings) -> dict[str, dict[str, object]]:
    """Split "section.field" names. Raises `OptionError` for a section or field that is missing."""
    split: dict[str, dict[str, object]] = {section: {} for section in SECTIONS}
    for name, value in settings.items():
        section, _, field = name.partition(".")
        if section not in SECTIONS or not field:
            raise OptionError(f"unknown setting `{name}`. {_HOW}")
        split[section][field] = value
    return split


def _nested(layer: Settings, values: Settings) -> dict[str, object]:
    """Turn "kwargs.slippery" into the table `kwargs` of `values` with that key set; other settings stay."""
    nested: dict[str, object] = {}
    for path, value in layer.items():
        field, *keys = path.split(".")
        nested[field] = _with_key(nested.get(field, values.get(field)), keys, value) if keys else value
    return nested


def _with_key(table: object, keys: list[str], value: object) -> object:
    if not keys:
        return literal(value) if isinstance(value, str) else value
    key, *rest = keys
    old = dict(table) if isinstance(table, Mapping) else {}
    return old | {key: _with_key(old.get(key), rest, value)}


def _family(catalog: Catalog, environment: str) -> tuple[str, str]:
    """Return the family and the id in it: "minatar/Breakout" if `minatar` is registered, else all is Gymnasium's.

    Raises `UnknownName` for the family of a package that is not installed.
    """
    family, _, id_ = environment.partition("/")
    if id_ and family in catalog.names("environment"):
        return family, id_
    absence = catalog.absence("environment", family) if id_ else ""
    if absence and not _in_gymnasium(family):
        raise UnknownName(absence)
    return "gymnasium", environment


def _in_gymnasium(namespace: str) -> bool:
    import gymnasium

    return any(spec.namespace == namespace for spec in gymnasium.registry.values())


def _unchanged(catalog: Catalog, slot: str) -> Mapping[str, Any]:
    """The record of an optional slot's component, as of an algorithm that does not name the slot."""
    entry = catalog.get(slot, OPTIONAL[slot])
    return {"name": entry.name, "options": {}, "plugin": entry.plugin, "version": entry.version}


def _recorded(catalog: Catalog, slot: str, record: Mapping[str, Any]) -> Chosen:
    component = catalog.get(slot, record["name"]).component
    options = convert(component, record["options"], slot)
    return Chosen(slot, record["name"], options, record["plugin"], record["version"])
