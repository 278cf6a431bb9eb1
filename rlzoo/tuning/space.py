"""The space of a search: which settings vary, and over what."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from rlzoo.contracts import Composition
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import SLOTS
from rlzoo.registry.options import as_text
from rlzoo.tuning.base import Base

FORM = "`optimizer.lr=1e-5..1e-2:log` or `network.hidden=64,64;256,256`"
FIXED = {
    **dict.fromkeys(("train.steps", "train.episodes", "train.schedule_steps"), "all trials train for the same steps"),
    **dict.fromkeys(("train.eval_every", "train.eval_episodes", "train.eval_max_steps"), "it changes the score"),
    **dict.fromkeys(("train.log_every", "train.keep"), "it has no effect on what is learned"),
}
"""Settings that no search may vary, and why."""
_RANGE = re.compile(r"(?P<low>[^;]+?)\.\.(?P<high>[^;:]+)(?P<log>:log)?")


class Range(msgspec.Struct, frozen=True, tag="range"):
    """Numbers from `low` to `high`, both included, drawn uniformly or, with `log`, uniformly in their logarithm."""

    low: int | float
    high: int | float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether the numbers are integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}{':log' if self.log else ''}"


class Choices(msgspec.Struct, frozen=True, tag="choices"):
    """A list of values, as the command line writes them."""

    values: list[str]

    def __str__(self) -> str:
        return ";".join(self.values)


Domain = Range | Choices
Value = int | float | str
"""A value that a search tries: a number of a range, or the text of a choice."""


def read_search(texts: Sequence[str]) -> dict[str, str]:
    """Split `NAME=DOMAIN`. Raises OptionError for another form or a repeated name."""
    search: dict[str, str] = {}
    for text in texts:
        name, equals, domain = text.partition("=")
        if not equals or not name or not domain:
            raise OptionError(f"`--search {text}` is not of the form {FORM}")
        if name in search:
            raise OptionError(f"duplicate `--search {name}`")
        search[name] = domain
    return search


def make_space(base: Base, search: Mapping[str, str | Sequence[object]]) -> dict[str, Domain]:
    """The domain of each setting, checked against the base.

    Raises OptionError if a setting does not exist, has no effect or may not vary, or if its domain is invalid.
    """
    if not search:
        raise OptionError(f"nothing to search; give `--search NAME=DOMAIN`, such as {FORM}")
    return {name: _domain(base, name, domain) for name, domain in base.full_names(search).items()}


def value_in(composition: Composition, name: str) -> object:
    """The value of a setting, or the component of a slot."""
    section, _, field = name.partition(".")
    if not field:
        return composition.components[section].name
    return getattr(composition.train if section == "train" else composition[section], field)


def default_in(composition: Composition, space: Mapping[str, Domain]) -> dict[str, Value] | None:
    """The values that the composition has, or None if one is outside of the space."""
    values = {name: value_in(composition, name) for name in space}
    inside = {name: _inside(values[name], domain) for name, domain in space.items()}
    found = {name: value for name, value in inside.items() if value is not None}
    return found if found.keys() == space.keys() else None


def _inside(value: object, domain: Domain) -> Value | None:
    match domain, value:
        case Choices(values), _:
            return as_text(value) if as_text(value) in values else None
        case Range(low, high), int() | float():
            return value if low <= value <= high else None
    return None


def _domain(base: Base, name: str, given: str | Sequence[object]) -> Domain:
    _check_may_vary(base, name)
    if not isinstance(given, str | Sequence):
        raise OptionError(f"`search`: the domain of `{name}` must be text or a list of values, got {given!r}")
    if not isinstance(given, str):
        return _choices(base, name, [as_text(value) for value in given])
    matched = _RANGE.fullmatch(given)
    if matched is None:
        return _choices(base, name, [value.strip() for value in given.split(";")])
    return _range(base, name, matched["low"], matched["high"], matched["log"] is not None)


def _check_may_vary(base: Base, name: str) -> None:
    section, _, field = name.partition(".")
    reason = FIXED.get(name) or ("it changes the problem" if section == "environment" else "")
    if reason:
        raise OptionError(f"`{name}` cannot be searched: {reason}")
    if name in base.settings or name in base.components:
        raise OptionError(f"`{name}` is both searched and set for all trials")
    if field and section in SLOTS and field in base.compose().components[section].options.equivalent:
        raise OptionError(f"`{name}` cannot be searched: it changes how fast training is, but no result")


def _choices(base: Base, name: str, values: Sequence[str]) -> Choices:
    if len(values) < 2:
        raise OptionError(f"`--search {name}={';'.join(values)}` has one value; give several, as in {FORM}")
    texts = [as_text(value_in(base.compose({name: value}), name)) for value in values]
    repeated = next((text for place, text in enumerate(texts) if text in texts[:place]), None)
    if repeated is not None:
        raise OptionError(f"`--search {name}` lists {repeated} twice")
    return Choices(texts)


def _range(base: Base, name: str, low: str, high: str, log: bool) -> Range:
    bounds = [value_in(base.compose({name: bound}), name) for bound in (low, high)]
    numbers = [*_numbers(bounds)]
    if len(numbers) < 2:
        raise OptionError(f"`{name}` is not a number; list its values, as in `--search '{name}={low};{high}'`")
    first, last = numbers
    if first >= last:
        raise OptionError(f"`--search {name}={low}..{high}`: the lower bound must be below the upper bound")
    if log and first <= 0:
        raise OptionError(f"`--search {name}={low}..{high}:log`: a logarithmic range needs a lower bound above 0")
    return Range(first, last, log)


def _numbers(values: Sequence[object]) -> Iterator[int | float]:
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            yield value
