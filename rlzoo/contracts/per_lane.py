"""Settings that may differ from lane to lane, and the composition of lanes that differ in nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from rlzoo.contracts.composition import Composition
from rlzoo.contracts.options import Meta

T = TypeVar("T")

PER_LANE = Meta(extra={"per_lane": True})
"""In the type of an option, `Annotated[float, Meta(gt=0, description="..."), PER_LANE]`: a number that only scales
something and may differ from lane to lane. Where it does, the component gets float64 `[L, 1]` instead of a number."""


def per_lane(cls: type) -> frozenset[str]:
    """The names of the options of `cls` that may differ from lane to lane."""
    return _declared(cls)


@cache
def _declared(cls: Any) -> frozenset[str]:
    hints = get_type_hints(cls, include_extras=True)
    return frozenset(field.name for field in dataclasses.fields(cls) if _is_declared(hints[field.name]))


def merge_compositions(lanes: Sequence[Composition]) -> Composition | None:
    """One composition for lanes with these, whose options have `[L, 1]` where they differ.

    None where they differ in more than settings per lane.
    """
    first, components = lanes[0], {}
    if any((it.train, it.components.keys()) != (first.train, first.components.keys()) for it in lanes):
        return None
    for slot, chosen in first.components.items():
        options = merge([lane[slot] for lane in lanes])
        if options is None:
            return None
        components[slot] = dataclasses.replace(chosen, options=options)
    return dataclasses.replace(first, components=components)


def merge(lanes: Sequence[T]) -> T | None:
    """One object for lanes with these options; None as for compositions."""
    first: Any = lanes[0]
    if any(type(options) is not type(first) for options in lanes):
        return None
    merged = {}
    for field in dataclasses.fields(first):
        values = [getattr(options, field.name) for options in lanes]
        together = _together(values, field.name in per_lane(type(first)))
        if together is None and any(value is not None for value in values):
            return None
        merged[field.name] = together
    return dataclasses.replace(first, **merged)


def _together(values: Sequence[Any], differ: bool) -> Any:
    """The value of all lanes, or `[L, 1]` if they may `differ`; None if there is neither."""
    import numpy as np  # not needed by `--help`

    first = values[0]
    if all(value == first for value in values):
        return first
    if differ and all(type(value) in (int, float) for value in values):
        return np.array(values, np.float64)[:, None]
    if differ and all(type(value) is tuple and len(value) == len(first) for value in values):
        items = [_together(items, differ) for items in zip(*values, strict=True)]
        return None if any(item is None for item in items) else tuple(items)
    return None


def _is_declared(hint: Any) -> bool:
    metas = (meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta))
    return any((meta.extra or {}).get("per_lane") for meta in metas) or any(map(_is_declared, get_args(hint)))
