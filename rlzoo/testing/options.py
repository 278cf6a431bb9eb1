"""Options say what they are, survive JSON, and each of them does something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rlzoo.contracts import as_dict
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.composition import read_composition
from rlzoo.registry.options import convert, describe, field_names, summary
from rlzoo.testing.case import SEEDS, Case, Outcome, run
from rlzoo.testing.other_values import other_values
from rlzoo.testing.verdict import demand

TRIES = 30
"""Runs after which an option that made no difference does nothing."""


def check_options(case: Case) -> None:
    """Options go out as JSON and come back equal; class and options say what they are."""
    _survives_json(case)
    _check_described(case.composition()[case.slot])


def check_algorithm(case: Case) -> None:
    """The whole composition survives JSON, and the algorithm says what it is."""
    _survives_json(case)
    demand(case.catalog.get("algorithm", case.name).summary, "it has no summary, which `rlzoo list` shows")


def _survives_json(case: Case) -> None:
    composition = case.composition()
    again = read_composition(case.catalog, composition.to_dict())
    demand(again == composition, f"the composition changed on its way through JSON: {again} is not {composition}")


def check_defaults(case: Case) -> None:
    """The same for what is no part of a composition: an observer or executor with its defaults."""
    cls = case.catalog.get(case.slot, case.name).component
    _check_described(cls())


def _check_described(options: Any) -> None:
    cls = type(options)
    demand(convert(cls, as_dict(options), cls.__name__) == options, "its options changed on their way through JSON")
    demand(summary(cls), f"{cls.__name__} has no docstring; its first line is shown in `rlzoo list`")
    for row in describe(cls):
        said = f'option `{row.name}` is not described: Annotated[..., Meta(description="...")]'
        demand(row.description, said)


def check_effect(case: Case) -> None:
    """Every option makes a difference for some value of it, alone or with another one changed."""
    idle = [name for name in _tried(case) if not any(_acts(it, name) for it in (case, *case.elsewhere))]
    demand(not idle, f"no value tried of {', '.join(f'`{name}`' for name in idle)} makes any difference to a run")


def _tried(case: Case) -> list[str]:
    names = field_names(type(case.composition()[case.slot]))
    return [name for name in names if name != "id" and _settings(case, name)]


def _acts(case: Case, name: str) -> bool:
    known: dict[str, Outcome | None] = {}
    for before, after in _pairs(case, name):
        if _differs(case, before, after, known):
            return True
        if sum(outcome is not None for outcome in known.values()) > TRIES:
            break
    return False


def _pairs(case: Case, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Settings that differ by nothing but that option: first on their own, then with another option changed too."""
    values = _settings(case, name)
    yield from (({}, value) for value in values)
    for other in field_names(type(case.composition()[case.slot])):
        for also in _settings(case, other)[:4] if other not in (name, "id") else ():
            yield from ((also, also | value) for value in values[:2])


def _settings(case: Case, name: str) -> list[dict[str, Any]]:
    section = "env" if case.slot == "environment" else case.slot
    options = case.composition()[case.slot]
    others = other_values(type(options), name, getattr(options, name))
    return [{f"{section}.{name}": value} for value in others]


def _differs(case: Case, before: Mapping[str, Any], after: Mapping[str, Any], known: dict[str, Outcome | None]) -> bool:
    first, second = _outcome(case, before, known), _outcome(case, after, known)
    return first is not None and second is not None and not first.same(second)


def _outcome(case: Case, settings: Mapping[str, Any], known: dict[str, Outcome | None]) -> Outcome | None:
    """What becomes of one seed: nothing where a run cannot be built, None where no such settings exist."""
    key = repr(settings)
    if key not in known:
        known[key] = _run(case.having(settings))
    return known[key]


def _run(case: Case) -> Outcome | None:
    try:
        composition = case.composition()
    except BadInput:
        return None
    try:
        return run(composition, SEEDS[:1])[SEEDS[0]]
    except BadInput:
        return Outcome([], {})
