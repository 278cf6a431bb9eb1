"""Which trials train side by side, as one program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlzoo.training.groups import Group, join

MOST_LANES = 64
"""Lanes of a program; with more, a step of a lane takes as long (`benchmarks/sweep.py`)."""
MOST_TRANSITIONS = 2**20
"""Transitions that joined trials may keep in their buffers, so that they need little memory."""


def programs_of(groups: Sequence[Group], workers: int) -> list[list[int]]:
    """The places of the groups that train as one program, the programs with the most lanes first.

    They differ only in settings per lane, and there are enough programs to keep all workers busy.
    """
    total = sum(len(group.seeds) for group in groups)
    programs: list[list[int]] = []
    for alike in _alike(groups):
        lanes = sum(len(groups[place].seeds) for place in alike)
        count = max(-(-lanes // _most_lanes(groups[alike[0]])), -(-workers * lanes // total))
        programs += [list(map(int, part)) for part in np.array_split(alike, min(count, len(alike)))]
    return sorted(programs, key=lambda program: -sum(len(groups[place].seeds) for place in program))


def _alike(groups: Sequence[Group]) -> list[list[int]]:
    kinds: list[list[int]] = []
    for place, group in enumerate(groups):
        kind = next((kind for kind in kinds if join([groups[kind[0]], group]) is not None), None)
        if kind is None:
            kinds.append([place])
        else:
            kind.append(place)
    return kinds


def _most_lanes(group: Group) -> int:
    capacity = getattr(group.composition["buffer"], "capacity", None) or 1
    return max(1, min(MOST_LANES, MOST_TRANSITIONS // capacity))
