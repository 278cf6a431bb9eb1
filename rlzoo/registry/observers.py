"""From the names of observers, and settings for them, to observers with options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rlzoo.contracts import Chosen
from rlzoo.contracts.errors import OptionError, closest
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.options import Settings, convert
from rlzoo.registry.setting_names import SECTIONS

RECORDS = ("csv", "weights", "checkpoint", "plot")
"""The observers of every run, which write its folder."""


def split_settings(
    catalog: Catalog, settings: Settings, names: Iterable[str]
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Split settings into those of the composition and, by observer, those of the observers `names`.

    Raises OptionError for an observer that is not among `names`. Whether other sections exist is left to `compose`.
    """
    composition: dict[str, object] = {}
    known = (*SECTIONS, *catalog.names("observer"))
    observers: dict[str, dict[str, object]] = {name: {} for name in names}
    for setting, value in settings.items():
        section, _, field = setting.partition(".")
        if field and section in observers:
            observers[section][field] = value
        elif field and section in catalog.names("observer"):
            remedy = f"add `--observer {section}`"
            raise OptionError(f"`{setting}` has no effect without the observer `{section}`; {remedy}")
        elif field and section not in SECTIONS and (close := closest(section, known)) not in ("", *SECTIONS):
            raise OptionError(f"unknown setting `{setting}`. Did you mean `{close}.{field}`?")
        else:
            composition[setting] = value
    return composition, observers


def choose_observers(catalog: Catalog, settings: Mapping[str, Settings]) -> list[Chosen]:
    """Return the observers, by name with their settings, as components with options.

    Raises UnknownName for an unknown observer, OptionError for invalid settings.
    """
    entries = {name: catalog.get("observer", name) for name in settings}
    return [
        Chosen("observer", name, convert(entry.component, settings[name], name), entry.plugin, entry.version)
        for name, entry in entries.items()
    ]
