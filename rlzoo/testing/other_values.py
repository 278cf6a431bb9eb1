"""Alternative values of an option by its type and bounds, the most distinctive first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_type_hints

from msgspec import inspect


def other_values(cls: type, name: str, value: Any) -> Iterator[Any]:
    """Valid values of option `name` of `cls` other than `value`; none for text and tables."""
    kind = inspect.type_info(get_type_hints(cls, include_extras=True)[name])
    return (other for other in _values(kind, value) if other != value)


def _values(kind: inspect.Type, value: Any) -> Iterator[Any]:
    match kind:
        case inspect.Metadata():
            yield from _values(kind.type, value)
        case inspect.UnionType():
            for member in kind.types:
                yield from _values(member, value)
        case inspect.IntType():
            yield from _within(kind, (1, 3, 7, 20, *_near(value), 0, -1))
        case inspect.FloatType():
            yield from _within(kind, (*_near(value), 0.5, 0.1, 0.9, 1.0, 0.0, 2.0, 10.0, 100.0, -1.0, 1e-3))
        case inspect.VarTupleType() | inspect.TupleType():
            yield from _tuples(kind, value or ())
        case _:
            yield from _few(kind)


def _few(kind: inspect.Type) -> tuple[Any, ...]:
    if isinstance(kind, inspect.LiteralType):
        return tuple(kind.values)
    return {inspect.NoneType: (None,), inspect.BoolType: (True, False)}.get(type(kind), ())


def _tuples(kind: inspect.VarTupleType | inspect.TupleType, value: tuple[Any, ...]) -> Iterator[Any]:
    """The tuple with one item changed; if the length is free, also one item longer and one shorter."""
    kinds = kind.item_types if isinstance(kind, inspect.TupleType) else [kind.item_type] * len(value)
    if isinstance(kind, inspect.VarTupleType) and value:
        yield from ((*value, value[-1]), value[:-1])
    for place, (item, old) in enumerate(zip(kinds, value, strict=False)):
        yield from ((*value[:place], other, *value[place + 1 :]) for other in _values(item, old))


def _near(value: Any) -> tuple[Any, ...]:
    if isinstance(value, float | int) and value:
        return (value * 2, value // 2 if isinstance(value, int) else value / 2)
    return ()


def _within(kind: inspect.IntType | inspect.FloatType, numbers: tuple[Any, ...]) -> Iterator[Any]:
    for number in dict.fromkeys(numbers):
        above = (kind.ge is None or number >= kind.ge) and (kind.gt is None or number > kind.gt)
        below = (kind.le is None or number <= kind.le) and (kind.lt is None or number < kind.lt)
        if above and below:
            yield number
