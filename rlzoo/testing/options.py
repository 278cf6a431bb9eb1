"""Options are described, survive JSON, and have an effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rlzoo.contracts import as_dict
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.composition import compose, read_composition
from rlzoo.registry.options import convert, describe, field_names, summary
from rlzoo.registry.presets.lookup import split_preset
from rlzoo.testing.case import SEEDS, Case, run
from rlzoo.testing.other_values import other_values
from rlzoo.testing.verdict import require

TRIES = 30
"""Number of runs with another option changed after which an option is considered to have no effect."""


def check_options(case: Case) -> None:
    """Options survive a round trip through JSON; the class and its options are described."""
    _survives_json(case)
    _check_described(case.composition()[case.slot])


def check_algorithm(case: Case) -> None:
    """The composition survives a round trip through JSON; the algorithm has a summary."""
    _survives_json(case)
    require(case.catalog.get("algorithm", case.name).summary, "the algorithm has no summary, which `rlzoo list` shows")


def check_preset(case: Case) -> None:
    """The preset fits its algorithm; it has a summary, and says where its settings come from."""
    algorithm, environment, name = split_preset(case.name)
    compose(case.catalog, algorithm, environment=environment, preset=name)
    entry = case.catalog.get("preset", case.name)
    require(entry.summary, "the preset has no summary, which `rlzoo list` shows")
    require(entry.reference, "the preset does not say where its settings come from (`reference`)")


def _survives_json(case: Case) -> None:
    composition = case.composition()
    again = read_composition(case.catalog, composition.to_dict())
    require(again == composition, f"the composition changed in a round trip through JSON: {again} is not {composition}")


def check_defaults(case: Case) -> None:
    """The same for an observer or executor, which is not part of a composition, with its defaults or `trials`."""
    component = case.catalog.get(case.slot, case.name).component
    _check_described(case.observer().options if case.slot == "observer" else component())


def _check_described(options: Any) -> None:
    cls = type(options)
    again = convert(cls, as_dict(options), cls.__name__)
    require(again == options, "the options changed in a round trip through JSON")
    require(summary(cls), f"{cls.__name__} has no docstring; its first line is shown in `rlzoo list`")
    for row in describe(cls):
        missing = f'option `{row.name}` has no description: Annotated[..., Meta(description="...")]'
        require(row.description, missing)


def check_effect(case: Case) -> None:
    """Every option has an effect for some value, alone or with another option; an `equivalent` one never has."""
    equivalent = case.composition()[case.slot].equivalent
    changing = [name for name in equivalent if _changes_results(case, name)]
    require(not changing, f"{', '.join(f'`{name}`' for name in changing)} should not change results, but does")
    tested = [name for name in _testable(case) if name not in equivalent]
    idle = [name for name in tested if not _has_effect(case.trials or (case,), name)]
    require(not idle, f"no tested value of {', '.join(f'`{name}`' for name in idle)} has an effect on a run")


def _testable(case: Case) -> list[str]:
    names = field_names(type(case.composition()[case.slot]))
    return [name for name in names if name != "id" and settings_of(case, name)]


def _changes_results(case: Case, name: str) -> bool:
    return any(_differs(case, {}, value) for value in settings_of(case, name))


def _has_effect(cases: Sequence[Case], name: str) -> bool:
    """Whether an option has an effect in one of the cases; pairs that differ in it alone come first."""
    alone = any(_differs(case, {}, value) for case in cases for value in settings_of(case, name))
    return alone or any(_has_effect_with_another(case, name) for case in cases)


def _has_effect_with_another(case: Case, name: str) -> bool:
    tried: set[str] = set()
    for before, after in _pairs(case, name):
        if _differs(case, before, after):
            return True
        tried |= {repr(settings) for settings in (before, after) if _outcome(case, settings) is not None}
        if len(tried) > TRIES:
            break
    return False


def _pairs(case: Case, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of settings that differ only in this option, with another option changed in both."""
    values = settings_of(case, name)
    for other in field_names(type(case.composition()[case.slot])):
        for also in settings_of(case, other)[:4] if other not in (name, "id") else ():
            yield from ((also, also | value) for value in values[:2])


def settings_of(case: Case, name: str) -> list[dict[str, Any]]:
    """Settings with another value of the option, the most distinctive first."""
    options = case.composition()[case.slot]
    others = other_values(type(options), name, getattr(options, name))
    return [{f"{case.slot}.{name}": value} for value in others]


def _differs(case: Case, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    first, second = _outcome(case, before), _outcome(case, after)
    return first is not None and second is not None and first != second


def _outcome(case: Case, settings: Mapping[str, Any]) -> bytes | None:
    """The digest of the outcome of one seed: empty if the run cannot be built, None if the settings are invalid."""
    key = repr(settings)
    if key not in case.tried:
        case.tried[key] = _run(case.having(settings))
    return case.tried[key]


def _run(case: Case) -> bytes | None:
    try:
        composition = case.composition()
    except BadInput:
        return None
    try:
        return run(composition, SEEDS[:1])[SEEDS[0]].digest()
    except BadInput:
        return b""
