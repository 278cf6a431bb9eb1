"""What an update does, as numbers. Arrays are float64; every mean is taken within a lane, over contiguous memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

PERCENTILES = (10, 50, 90)


def mean_distance(q: np.ndarray, other: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """The mean absolute difference of Q values `[L, B, A]` over states and the actions that `mask` allows: `[L]`.

    Between online and target network it is the drift that a target network adds to its targets (Mnih et al., 2015);
    between the networks before and after an update, the churn of values (Tang & Berseth, 2024).
    """
    lanes = len(q)
    allowed = True if mask is None else mask.reshape(lanes, -1)
    distance: np.ndarray = np.abs(q - other).reshape(lanes, -1).mean(-1, where=allowed)
    return distance


def policy_churn(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The share of states in which the greedy action changes, `[L, B]` each -> `[L]` (Schaul et al., 2022)."""
    share: np.ndarray = (before != after).mean(-1)
    return share


def td_error_percentiles(td_error: np.ndarray) -> Mapping[str, np.ndarray]:
    """Percentiles of the absolute TD errors `[L, B]`, by column: `[L]` each (Schaul et al., 2016)."""
    found = np.percentile(np.abs(td_error), PERCENTILES, axis=-1)
    return {f"td_error_p{percent}": values for percent, values in zip(PERCENTILES, found, strict=True)}
