"""The arrays of a ring as numbered rows: number `n` lies at place `n` modulo the number of places."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rlzoo.contracts import Rows

ROWS_AT_ONCE = 2**14


def rows_of(arrays: Mapping[str, np.ndarray], added: int) -> Rows:
    """The rows that arrays `[L, places, ...]` hold after `added` of them."""
    places = next(iter(arrays.values())).shape[1]

    def read(lane: int, begin: int, end: int) -> dict[str, np.ndarray]:
        where = np.arange(begin, end) % places
        return {name: array[lane, where] for name, array in arrays.items()}

    return Rows(max(0, added - places), added, read)


def load_rows(arrays: Mapping[str, np.ndarray], rows: Rows) -> None:
    """Write all rows into arrays `[L, places, ...]`."""
    lanes, places = next(iter(arrays.values())).shape[:2]
    for lane in range(lanes):
        for begin in range(rows.first, rows.last, ROWS_AT_ONCE):
            end = min(begin + ROWS_AT_ONCE, rows.last)
            where, read = np.arange(begin, end) % places, rows.read(lane, begin, end)
            for name, array in arrays.items():
                array[lane, where] = read[name]
