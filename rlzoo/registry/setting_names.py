"""Names of settings: `SECTION.FIELD`, or only `FIELD` where no other section has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlzoo.contracts import Train
from rlzoo.contracts.errors import OptionError, RlzooError, closest
from rlzoo.registry.catalog import SLOTS, Catalog
from rlzoo.registry.options import Settings, field_names

SECTIONS = ("train", "environment", *SLOTS)
"""The sections of settings, as in `train.steps`, `environment.max_episode_steps` and `target.period`."""


def setting_names(classes: Mapping[str, type]) -> list[str]:
    """Return all settings of these classes of options, by section."""
    return [f"{section}.{field}" for section, cls in classes.items() for field in field_names(cls)]


def setting_places(catalog: Catalog, field: str) -> list[str]:
    """Return the settings of any component, or of training, with this field: `optimizer.lr` for `lr`."""
    places = [f"train.{field}"] if field in field_names(Train) else []
    for section in (*SLOTS, "environment"):
        if any(field in fields_of(catalog, section, name) for name in catalog.names(section)):
            places.append(f"{section}.{field}")
    return places


def fields_of(catalog: Catalog, kind: str, name: str) -> list[str]:
    """Return the options of a component; none if it cannot be imported."""
    try:
        return field_names(catalog.get(kind, name).component)
    except RlzooError:
        return []


def with_sections(settings: Settings, known: Sequence[str]) -> dict[str, Any]:
    """Return the settings under their full names, `optimizer.lr` for `lr`.

    Raises OptionError for a bare name that is unknown or ambiguous, and for a setting that is given twice.
    """
    full: dict[str, Any] = {}
    for given, value in settings.items():
        name = given if "." in given else _full_name(given, known)
        if name in full:
            raise OptionError(f"`{name}` is given twice: {full[name]} and {value}")
        full[name] = value
    return full


def meant(name: str, known: Sequence[str]) -> str:
    """Return " Did you mean `optimizer.lr`?" for the known setting closest to `name`, or ""."""
    fields = {full.partition(".")[2]: full for full in reversed(known)}
    sections = {section: section for section in (full.partition(".")[0] for full in known)}
    _, dot, field = name.rpartition(".")
    choices = sections | fields
    close = closest(name, known) or (fields.get(field) if dot else choices.get(closest(name, choices)))
    return f" Did you mean `{close}`?" if close else ""


def _full_name(field: str, known: Sequence[str]) -> str:
    found = [name for name in known if name.partition(".")[2] == field]
    if len(found) > 1:
        raise OptionError(f"`{field}` is ambiguous: give {' or '.join(f'`{name}`' for name in found)}")
    if not found:
        raise OptionError(f"unknown setting `{field}`.{meant(field, known)} Settings are `SECTION.FIELD`")
    return found[0]
