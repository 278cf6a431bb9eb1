"""Metrics of all parts, by lane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def by_lane(lanes: np.ndarray, reports: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, float]]:
    """Lane -> name -> number, for `lanes`, bool `[L]`; what is reported is one number, or `[L]`.

    Raises ValueError where two parts use the same name.
    """
    columns: dict[str, Any] = {}
    for reported in reports:
        if columns.keys() & reported.keys():
            raise ValueError(f"two parts report the metric {', '.join(columns.keys() & reported.keys())}")
        columns |= reported
    values = {name: np.broadcast_to(value, len(lanes)) for name, value in columns.items()}
    return {
        lane: {name: float(value[lane]) for name, value in values.items()} for lane in np.flatnonzero(lanes).tolist()
    }
