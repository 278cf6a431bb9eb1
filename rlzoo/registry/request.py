"""From what a user asks of a run, names and settings, to its composition and observers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlzoo.contracts import Chosen, Composition
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.observers import choose_observers, split_settings
from rlzoo.registry.options import Settings

RECORDS = ("csv", "weights", "checkpoint", "plot")
"""The observers of every run, which write its folder."""
SHORTCUTS = {
    "steps": "train.steps",
    "envs": "train.envs",
    "eval_every": "train.eval_every",
    "keep": "train.keep",
    "stop_at": "early-stopping.at",
    "checkpoint_every": "checkpoint.steps",
}
"""Settings that have an argument of their own."""


def with_shortcuts(
    settings: Settings, observers: Sequence[str], shortcuts: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return all settings and observers, including those of the `shortcuts`, some of which may be None.

    Raises OptionError for a setting that is given twice.
    """
    chosen = {name: value for name, value in shortcuts.items() if value is not None}
    records = list(RECORDS)
    if chosen.get("checkpoint_every") == "never":
        del chosen["checkpoint_every"]
        records.remove("checkpoint")
    given = {SHORTCUTS[name]: value for name, value in chosen.items()}
    for name in given.keys() & settings.keys():
        raise OptionError(f"`{name}` is given twice: {given[name]} and {settings[name]}")
    stops = ["early-stopping"] if "stop_at" in chosen else []
    return given | dict(settings), [*records, *observers, *stops]


def resolve(
    catalog: Catalog,
    algorithm: str,
    components: Mapping[str, str],
    settings: Settings,
    env: str | None,
    preset: str | None,
    observers: Sequence[str],
) -> tuple[Composition, list[Chosen]]:
    """Return the composition of a run, and its observers.

    Raises `UnknownName` for names that are not registered, and `OptionError` for settings that do not exist, are
    invalid or would have no effect.
    """
    ours, theirs = split_settings(catalog, settings, observers)
    return compose(catalog, algorithm, components, ours, env, preset), choose_observers(catalog, theirs)
