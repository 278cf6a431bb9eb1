"""From the names of observers, and settings for them, to observers with options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rlzoo.contracts import Chosen
from rlzoo.contracts.errors import OptionError, nearest
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import SECTIONS
from rlzoo.registry.options import Settings, convert


def split_settings(
    catalog: Catalog, settings: Settings, names: Iterable[str]
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Split settings into those of the composition and, by observer, those of the observers `names`.

    Raises OptionError for a section that is neither, and for an observer that is not among `names`.
    """
    composition: dict[str, object] = {}
    observers: dict[str, dict[str, object]] = {name: {} for name in names}
    for setting, value in settings.items():
        section, _, field = setting.partition(".")
        if section in SECTIONS:
            composition[setting] = value
        elif section in observers and field:
            observers[section][field] = value
        else:
            raise OptionError(_refusal(catalog, setting, section, observers))
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


def _refusal(catalog: Catalog, setting: str, section: str, observers: Mapping[str, Any]) -> str:
    if section in catalog.names("observer") and section not in observers:
        return f"`{setting}` has no effect without the observer `{section}`; add `--observer {section}`"
    valid = (*SECTIONS, *observers)
    close = "" if section in valid else nearest(section, valid)
    return f"unknown setting `{setting}`.{close} Settings are `SECTION.FIELD`; sections: {', '.join(valid)}"
