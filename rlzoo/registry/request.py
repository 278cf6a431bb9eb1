"""From what a user asks of a run, names and settings, to its composition and observers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rlzoo.contracts import Chosen, Composition
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.config import Config
from rlzoo.registry.observers import RECORDS, choose_observers, split_settings
from rlzoo.registry.options import Settings, as_text, by_meaning
from rlzoo.registry.values import convert_value

DEFAULT_ALGORITHM = "dqn"
SHORTCUTS = {
    "steps": "train.steps",
    "envs": "train.envs",
    "eval_every": "train.eval_every",
    "keep": "train.keep",
    "stop_at": "early-stopping.at",
    "checkpoint_every": "checkpoint.steps",
    "diagnose": "train.diagnose",
}
"""Settings with a dedicated argument."""


def chosen_algorithm(algorithm: str | None, config: Config | None) -> str:
    """Return the algorithm that is given, or else that of the file, or else `dqn`.

    Raises OptionError if the file is for another one.
    """
    of_file = None if config is None else config.algorithm
    if config is not None and algorithm is not None and of_file not in (None, algorithm):
        raise OptionError(f"`{config.origin}` is for the algorithm {of_file}, not {algorithm}")
    return algorithm or of_file or DEFAULT_ALGORITHM


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
    config: Config | None = None,
) -> tuple[Composition, list[Chosen], list[str]]:
    """Return the composition of a run, its observers, and what to tell the user.

    A run with fewer steps than the algorithm's begins to learn after the same fraction of its steps, unless
    `train.learning_starts` is given, by the user or the configuration file.

    Raises `UnknownName` for names that are not registered, and `OptionError` for settings that do not exist, are
    invalid or would have no effect.
    """
    observing, names = ({}, []) if config is None else (config.observing, config.observers)
    ours, theirs = split_settings(catalog, {**observing, **settings}, dict.fromkeys([*observers, *names]))
    scaled, note = _short_run(catalog, algorithm, components, ours, env, preset, config)
    composition = compose(catalog, algorithm, components, {**ours, **scaled}, env, preset, config)
    replaced = _other_defaults(catalog, components, ours, env, preset, config, composition)
    notes = filter(None, (note, *replaced, composition.train.few_updates))
    return composition, choose_observers(catalog, theirs), list(notes)


def _other_defaults(
    catalog: Catalog,
    components: Mapping[str, str],
    settings: Settings,
    env: str | None,
    preset: str | None,
    config: Config | None,
    composition: Composition,
) -> Iterator[str]:
    """Yield a note for each option whose value changed because the user replaced its component."""
    if not components:
        return
    try:
        before = compose(catalog, composition.algorithm, {}, {}, env, preset, config)
    except OptionError:  # the algorithm cannot run in this environment with its own components
        return
    for slot in components:
        old, new = before.components[slot], composition.components[slot]
        values = by_meaning(new.options)
        for meaning, value in by_meaning(old.options).items() if old.name != new.name else ():
            setting = f"{slot}.{meaning[0]}"
            if values.get(meaning, value) != value and not {setting, meaning[0]} & settings.keys():
                yield (
                    f"`{setting}` is {as_text(values[meaning])} with {new.name}, its default, instead of "
                    f"{as_text(value)}; add `--set {setting}={as_text(value)}` to keep it"
                )


def _short_run(
    catalog: Catalog,
    algorithm: str,
    components: Mapping[str, str],
    settings: Settings,
    env: str | None,
    preset: str | None,
    config: Config | None,
) -> tuple[dict[str, int], str]:
    """Return the scaled `train.learning_starts` of a run that is shorter than the algorithm's, and a note about it."""
    others = {name: value for name, value in settings.items() if name != "train.steps"}
    given = others.keys() | (config.settings.keys() if config is not None else set())
    if len(others) == len(settings) or {"train.learning_starts", "learning_starts"} & given:
        return {}, ""
    steps: int = convert_value(settings["train.steps"], int, "train.steps")
    try:
        own = compose(catalog, algorithm, components, others, env, preset, config).train
    except OptionError:  # the algorithm counts episodes, or composing the whole run raises the same error
        return {}, ""
    if own.steps is None or not 0 < steps < own.steps or own.learning_starts == 0:
        return {}, ""
    starts = round(own.learning_starts * steps / own.steps)
    return {"train.learning_starts": starts}, (
        f"learning starts after {starts:,} steps instead of {own.learning_starts:,}, since the run has {steps:,} of "
        f"{algorithm}'s {own.steps:,} steps; set `train.learning_starts` to change this"
    )
