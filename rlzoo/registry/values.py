"""The value of one option: converting it to its type, and describing that type."""

from __future__ import annotations

import json
import math
import sys
from itertools import chain
from numbers import Integral, Real
from typing import Any, get_args

import msgspec
from msgspec import inspect

from rlzoo.contracts.errors import OptionError, nearest

_SUFFIXES = {"k": 1_000, "m": 1_000_000}
_BOUNDS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def convert_value(value: object, hint: Any, where: str) -> Any:
    """Return `value` as the annotated type `hint`, reading text the way the command line writes it.

    Raises `OptionError`, naming `where`, when the value is not of that type, out of its bounds, or a number that 64
    bits cannot represent.
    """
    kind = inspect.type_info(hint)
    plain = _read(value, kind) if isinstance(value, str) else _without_numpy(value)
    try:
        converted = msgspec.convert(plain, hint, strict=False)
    except msgspec.ValidationError:
        raise OptionError(
            f"`{where}` must be {describe_type(hint)}, got {_shown(value)}.{_nearest(value, kind)}"
        ) from None
    if not _is_representable(converted):
        raise OptionError(f"`{where}` is {_shown(value)}, which 64 bits cannot represent")
    return converted


def _is_representable(value: object) -> bool:
    """Whether 64 bits represent all numbers in `value`, and floats among them with full precision."""
    match value:
        case float():
            return math.isfinite(value) and (value == 0 or abs(value) >= sys.float_info.min)
        case int():
            return -(2**63) <= value < 2**63
        case tuple():
            return all(map(_is_representable, value))
    return True


def description(hint: Any) -> str:
    """Return the `Meta(description=...)` found in an annotation, or ""."""
    descriptions = (meta.description for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta))
    nested = map(description, get_args(hint))
    return next((text for text in chain(descriptions, nested) if text), "")


def describe_type(hint: Any) -> str:
    """Describe a type in plain English: "an int >= 1", "one of steps, updates", "a number or none"."""
    return _describe(inspect.type_info(hint))


def literal(text: str) -> object:
    """Interpret text of unknown type: JSON if it is valid JSON, `none` as None, else the text itself."""
    folded = text.lower()
    if folded in ("none", "true", "false"):
        return {"none": None, "true": True, "false": False}[folded]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # nested too deeply
        return text


def _read(text: str, kind: inspect.Type) -> object:
    match kind:
        case inspect.Metadata():
            return _read(text, kind.type)
        case inspect.UnionType():
            return _read_union(text, kind)
        case inspect.IntType() | inspect.FloatType():
            return _read_number(text)
        case inspect.BoolType():
            return text.lower()
        case inspect.VarTupleType():
            listed = literal(text)  # JSON, for lists of tables; else comma-separated
            return listed if isinstance(listed, list) else [_read(part, kind.item_type) for part in _parts(text)]
        case inspect.TupleType():
            parts = _parts(text)
            return [_read(*pair) for pair in zip(parts, kind.item_types, strict=False)] + parts[len(kind.item_types) :]
        case inspect.DictType():
            return literal(text)
    return text


def _read_union(text: str, kind: inspect.UnionType) -> object:
    if kind.includes_none and text.lower() in ("none", "null"):
        return None
    others = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
    return _read(text, others[0]) if len(others) == 1 else text


def _read_number(text: str) -> object:
    digits, scale = text.replace("_", ""), 1
    if digits[-1:].lower() in _SUFFIXES:
        digits, scale = digits[:-1], _SUFFIXES[digits[-1].lower()]
    try:
        number = int(digits) if digits.lstrip("+-").isdecimal() else float(digits)
    except ValueError:
        return text
    return number * scale


def _parts(text: str) -> list[str]:
    inner = text.strip()
    if inner[:1] + inner[-1:] in ("()", "[]"):
        inner = inner[1:-1]
    inner = inner.rstrip(",")
    return [part.strip() for part in inner.split(",")] if inner else []


def _without_numpy(value: object) -> object:
    """Convert NumPy scalars to Python numbers; sweeps are often made with `linspace`."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def _describe(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            return _describe(kind.type)
        case inspect.UnionType():
            return " or ".join(_describe(member) for member in kind.types)
        case inspect.LiteralType():
            return "one of " + ", ".join(map(str, kind.values))
        case inspect.IntType():
            return "an int" + _bounds(kind)
        case inspect.FloatType():
            return "a number" + _bounds(kind)
        case inspect.VarTupleType():
            return f"a list, each {_describe(kind.item_type)}"
        case inspect.TupleType():
            return f"{len(kind.item_types)} values: " + "; ".join(map(_describe, kind.item_types))
    names = {inspect.BoolType: "true or false", inspect.NoneType: "none", inspect.StrType: "text"}
    return names.get(type(kind), "a table of names and values")


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    given = ((sign, getattr(kind, name)) for name, sign in _BOUNDS.items())
    return " and".join(f" {sign} {bound}" for sign, bound in given if bound is not None)


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else repr(value)


def _nearest(value: object, kind: inspect.Type) -> str:
    if isinstance(kind, inspect.Metadata):
        return _nearest(value, kind.type)
    return nearest(str(value), map(str, kind.values)) if isinstance(kind, inspect.LiteralType) else ""
