"""From plain settings to a class of options, or to an `OptionError` that says what is wrong.

`rlzoo.contracts.Options` says what such a class may declare besides its fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, get_type_hints

import msgspec

from rlzoo.contracts import Options
from rlzoo.contracts.errors import OptionError, nearest, valid_names
from rlzoo.registry.values import convert_value, describe_type, description

T = TypeVar("T", bound=Options)
Settings = Mapping[str, object]


@dataclass(frozen=True)
class OptionRow:
    """One option as text: name, type, default ("required" if there is none) and description."""

    name: str
    type: str
    default: str
    description: str


def convert(cls: type[T], settings: Settings, where: str, inherited: Mapping[str, object] = {}) -> T:
    """Return `cls` built from plain `settings`, on top of the `inherited` ones.

    Raises `OptionError`, naming `where.field`, for unknown fields, impossible values and settings without effect.
    """
    return build(cls, overlay(cls, settings, where, overlay(cls, inherited, where)), where)


def overlay(
    cls: type[Options],
    settings: Settings,
    where: str,
    inherited: Mapping[str, object] = {},
    owner: str = "",
) -> dict[str, Any]:
    """Return the inherited settings with `settings` on top, each as its field's type.

    `owner` is what messages call the class, such as `target=hard`; `where` if not given.

    Where a setting excludes an inherited one (by `variants`, `alternatives` or `needs`), the inherited one is dropped.
    Raises `OptionError` as `convert` does.
    """
    given, base = _typed(cls, settings, where, owner or where), dict(inherited)
    _resolve_variants(cls, given, base, where)
    _resolve_alternatives(cls, given, base, where)
    _resolve_needs(cls, given, base, where)
    return base | given


def build(cls: type[T], values: Settings, where: str) -> T:
    """Return `cls` with these values, which `overlay` has checked. Raises `OptionError` where one is missing."""
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]  # every options class is a dataclass
        if _default(field) == "required" and field.name not in values:
            raise OptionError(f"`{where}` needs `{where}.{field.name}`")
    try:
        options = cls(**values)
        msgspec.json.encode(options)
    except ValueError as error:
        raise OptionError(f"`{where}`: {error}") from None
    except TypeError as error:
        raise OptionError(f"`{where}` takes only plain values: {error}") from None
    return options


def describe(cls: type) -> list[OptionRow]:
    """Return a row for each option of `cls`, in the order of its fields."""
    hints = _hints(cls)
    defaults = {field.name: _default(field) for field in dataclasses.fields(cls)}
    return [OptionRow(name, describe_type(hint), defaults[name], description(hint)) for name, hint in hints.items()]


def changed(options: Any) -> Iterator[tuple[str, object]]:
    """Yield name and value of each option that differs from its class's default."""
    for field in dataclasses.fields(options):
        default = field.default_factory() if callable(field.default_factory) else field.default
        value = getattr(options, field.name)
        if value != default:
            yield field.name, value


def by_meaning(options: Any) -> dict[tuple[str, str], object]:
    """Return the value of each option by its name and description: where both are equal, so is what it means.

    Options of None, which others decide later, are left out.
    """
    values = {(row.name, row.description): getattr(options, row.name) for row in describe(type(options))}
    return {meaning: value for meaning, value in values.items() if value is not None}


def summary(cls: type) -> str:
    """Return the first line of the docstring."""
    return (cls.__doc__ or "").strip().partition("\n")[0]


def as_text(value: object) -> str:
    """Return a value the way the command line takes it: `none`, `true`, `120,84`, `0.05`."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(as_text, value)) if isinstance(value, tuple | list) else str(value)


def field_names(cls: type) -> list[str]:
    """Return the names of the options of `cls`."""
    return [field.name for field in dataclasses.fields(cls)]


@cache
def _hints(cls: Any) -> Mapping[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    return {name: hints[name] for name in field_names(cls)}


def _typed(cls: type, settings: Settings, where: str, owner: str) -> dict[str, Any]:
    hints = _hints(cls)
    for name in settings:
        if name not in hints:
            raise OptionError(f"`{where}.{name}` cannot be set: `{owner}` {_takes(hints, name)}.{nearest(name, hints)}")
    return {name: convert_value(value, hints[name], f"{where}.{name}") for name, value in settings.items()}


def _takes(names: Collection[str], given: str) -> str:
    return f"takes {valid_names(given, names)}" if names else "has no options"


def _resolve_variants(cls: type[Options], given: dict[str, Any], base: dict[str, Any], where: str) -> None:
    for chooser, fields_of in cls.variants.items():
        choice = str((base | given).get(chooser, getattr(cls, chooser, None)))
        used = fields_of.get(choice, ())
        unused = {name for fields in fields_of.values() for name in fields} - set(used)
        if chooser in given:
            for name in unused & base.keys():
                del base[name]
        for name, value in (base | given).items():
            if name in unused and value is not None:
                reason = f"it {_takes(used, name)}"
                raise OptionError(f"`{where}.{name}` has no effect with `{chooser}={choice}`; {reason}")


def _resolve_alternatives(cls: type[Options], given: dict[str, Any], base: dict[str, Any], where: str) -> None:
    for group in cls.alternatives:
        if any(given.get(name) is not None for name in group):
            for name in group:
                base[name] = None
        chosen = [name for name in group if (base | given).get(name) is not None]
        if len(chosen) > 1:
            raise OptionError(f"`{where}.{chosen[0]}` and `{where}.{chosen[1]}` exclude each other; give one")


def _resolve_needs(cls: type[Options], given: dict[str, Any], base: dict[str, Any], where: str) -> None:
    for name, needed in cls.needs.items():
        if (base | given).get(needed, getattr(cls, needed, None)) is None:
            base.pop(name, None)
            if given.get(name, getattr(cls, name, None)) != getattr(cls, name, None):
                raise OptionError(f"`{where}.{name}` has no effect without `{where}.{needed}`")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return as_text(field.default)
    return "required" if field.default_factory is dataclasses.MISSING else as_text(field.default_factory())
