"""The state of several lanes, from and to the states of single ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rlzoo.contracts import Rows, State


def split_state(state: State, lanes: int) -> list[State]:
    """The state of each of `lanes` lanes.

    Raises ValueError for an array or a list with another number of entries.
    """
    return [{name: _of_lane(value, lane, lanes, name) for name, value in state.items()} for lane in range(lanes)]


def _of_lane(value: Any, lane: int, lanes: int, name: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _of_lane(item, lane, lanes, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, Rows):
        return Rows(value.first, value.last, lambda _, begin, end: value.read(lane, begin, end))
    if _has_lanes(value):
        if len(value) != lanes:
            raise ValueError(f"the state `{name}` needs one entry for each of {lanes} lanes, not {len(value)}")
        return value[lane : lane + 1]
    return value


def join_states(states: Sequence[State]) -> State:
    """The state of several lanes.

    Raises ValueError where something that all lanes share differs: they are not at the same step.
    """
    return {name: _joined([state[name] for state in states], name) for name in states[0]}


def _joined(values: Sequence[Any], name: str) -> Any:
    first = values[0]
    if isinstance(first, Mapping):
        return {key: _joined([value[key] for value in values], f"{name}.{key}") for key in first}
    if _has_lanes(first):
        return [item for value in values for item in value] if isinstance(first, list) else np.concatenate(values)
    if isinstance(first, Rows):
        bounds = {(rows.first, rows.last) for rows in values}
        _require_same(bounds, name)
        return Rows(first.first, first.last, lambda lane, begin, end: values[lane].read(0, begin, end))
    _require_same({repr(value) for value in values}, name)
    return first


def _has_lanes(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _require_same(values: set[Any], name: str) -> None:
    if len(values) > 1:
        raise ValueError(f"lanes cannot be joined: their `{name}` differs ({', '.join(map(str, sorted(values)))})")
