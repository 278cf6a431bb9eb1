"""Configuration files: what a user asks of a run, in TOML or JSON. The manifest of a run is one, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec

from rlzoo.contracts import Composition, Preset, as_dict
from rlzoo.contracts.errors import BadInput, OptionError, nearest
from rlzoo.registry.observers import RECORDS
from rlzoo.registry.setting_names import SECTIONS

SHOWN = "progress"
"""The observer that each command has or has not, whatever the configuration."""
FIELDS = ("algorithm", "env", "preset", "seeds", "observers")
NAME = "name"
"""The key of a section that names its component; all others are settings."""


class _Top(msgspec.Struct, frozen=True):
    """The types of what is outside of the sections."""

    algorithm: str | None = None
    env: str | None = None
    preset: str | None = None
    seeds: int | list[int] | None = None
    observers: list[str] = []


@dataclass(frozen=True)
class Config:
    """The content of a configuration file; what it leaves out is None or empty."""

    origin: str
    algorithm: str | None = None
    environment: str | None = None
    preset: str | None = None
    seeds: int | list[int] | None = None
    observers: list[str] = field(default_factory=list)
    components: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Setting to value, those of observers included."""

    def changes(self, environment: str) -> Preset:
        """The components and settings for a run in an environment: settings of another one are left out."""
        same = self.environment in (None, environment)
        sections = SECTIONS if same else tuple(name for name in SECTIONS if name != "environment")
        settings = {name: value for name, value in self.settings.items() if name.partition(".")[0] in sections}
        return Preset("", self.components, settings)

    @property
    def observing(self) -> dict[str, Any]:
        """The settings of observers."""
        return {name: value for name, value in self.settings.items() if name.partition(".")[0] not in SECTIONS}


def read_config(path: str | Path) -> Config:
    """Read a configuration file or the manifest of a run. Raises BadInput, naming the file, if it is not one."""
    if not isinstance(path, str | PathLike):
        raise OptionError(f"`config` must be a path, got {path!r}")
    file = Path(path).expanduser()
    decode = msgspec.json.decode if file.suffix == ".json" else msgspec.toml.decode
    try:
        record = decode(file.read_bytes())
    except OSError as error:
        raise BadInput(f"cannot read `{path}`: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"`{path}` is not valid {file.suffix.removeprefix('.').upper() or 'TOML'}: {error}") from error
    if not isinstance(record, dict):
        raise BadInput(f"`{path}` is not a configuration file: it has no names and values")
    try:
        return _config(str(path), _as_config(record) if "composition" in record else record)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"`{path}` is a damaged manifest: {type(error).__name__}: {error}") from error


def write_toml(composition: Composition) -> str:
    """The composition as a configuration file, with every setting. Options that are none by default may be missing."""
    import tomli_w

    record = {"algorithm": composition.algorithm, "env": environment_of(composition.to_dict())}
    return tomli_w.dumps(record | {name: dict(_section(composition, name)) for name in SECTIONS})


def environment_of(composition: Mapping[str, Any]) -> str:
    """The environment of a recorded composition, as `--env` takes it."""
    environment = composition["components"]["environment"]
    family, id_ = environment["name"], environment["options"]["id"]
    return str(id_ if family == "gymnasium" else f"{family}/{id_}")


def _section(composition: Composition, section: str) -> Iterator[tuple[str, Any]]:
    options = composition.train if section == "train" else composition[section]
    if section not in ("train", "environment"):
        yield NAME, composition.components[section].name
    defaults = {option.name: option.default for option in fields(options)}
    for name, value in as_dict(options).items():
        if (section, name) != ("environment", "id") and not (value is None and defaults[name] is None):
            yield name, "none" if value is None else value


def _as_config(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a run as the content of a configuration file."""
    composition = manifest["composition"]
    record: dict[str, Any] = {
        "algorithm": composition["algorithm"],
        "env": environment_of(composition),
        "seeds": manifest["seeds"],
        "train": composition["train"],
    }
    usual = (*RECORDS, SHOWN)
    observers = {name: options for name, options in manifest.get("observers", {}).items() if name not in usual}
    record |= {"observers": list(observers), **observers}
    for slot, chosen in composition["components"].items():
        name = {} if slot == "environment" else {NAME: chosen["name"]}
        record[slot] = name | {option: value for option, value in chosen["options"].items() if option != "id"}
    return record


def _config(origin: str, record: Mapping[str, Any]) -> Config:
    try:
        top = msgspec.convert({name: record[name] for name in FIELDS if name in record}, _Top)
    except msgspec.ValidationError as error:
        raise OptionError(f"`{origin}`: {error}") from error
    sections = (*SECTIONS, *top.observers)
    for name, value in record.items():
        if name not in (*FIELDS, *sections):
            raise OptionError(f"`{origin}`: unknown name `{name}`.{nearest(name, (*FIELDS, *sections))}")
        if name in sections and not isinstance(value, dict):
            raise OptionError(f"`{origin}`: `{name}` must be a table, such as `{name}.{NAME} = ...`")
    tables = {name: record[name] for name in sections if name in record}
    if "id" in tables.get("environment", {}):
        raise OptionError(f"`{origin}`: `environment.id` cannot be set; choose the environment with `env`")
    named = {name: table[NAME] for name, table in tables.items() if name in SECTIONS and NAME in table}
    for section, component in named.items():
        if not isinstance(component, str):
            raise OptionError(f"`{origin}`: `{section}.{NAME}` must be text, got {component!r}")
    return Config(
        origin=origin,
        algorithm=top.algorithm,
        environment=top.env,
        preset=top.preset,
        seeds=top.seeds,
        observers=top.observers,
        components=named,
        settings={
            f"{section}.{option}": value
            for section, table in tables.items()
            for option, value in table.items()
            if section not in named or option != NAME
        },
    )
