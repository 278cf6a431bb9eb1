"""Episodes can be repeated, and state is plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rlzoo.contracts import Environment, SegmentedRows
from rlzoo.testing.case import SEEDS, Case, started
from rlzoo.testing.verdict import require


def check_repeated_episode(case: Case) -> None:
    """An episode repeated with the same seed and actions is identical."""
    environment = started(case.composition(), SEEDS[:1]).environment
    first = _episode(environment, seed=5)
    _episode(environment, seed=6)
    require(
        all(map(np.array_equal, first, _episode(environment, seed=5))),
        "an episode repeated with the same seed and actions differs: reset(seed) keeps state of the previous episode, "
        "or random numbers come from another generator",
    )
    environment.close()


def _episode(environment: Environment, seed: int) -> list[np.ndarray]:
    everywhere, actions = np.ones((1, 1), np.bool_), int(environment.action_space.n)
    seen = [environment.reset(everywhere, np.full((1, 1), seed))]
    for step in range(40):
        observation, reward, terminated, truncated = environment.step(np.full((1, 1), step % actions))
        seen += [observation, reward, terminated, truncated]
        if terminated.any() or truncated.any():
            break
    return seen


def plain_copy(value: Any, where: str) -> Any:
    """Copy plain data. Raises RuleBroken for anything but arrays, rows, numbers, strings, lists and dictionaries."""
    if isinstance(value, Mapping):
        require(all(isinstance(key, str) for key in value), f"{where} has a key that is not a string")
        return {key: plain_copy(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_copy(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        return value.copy()
    plain = value is None or isinstance(value, bool | int | float | str | np.generic | SegmentedRows)
    require(plain, f"{where} is a {type(value).__name__}; use arrays, numbers, strings, and dictionaries of them")
    return value
