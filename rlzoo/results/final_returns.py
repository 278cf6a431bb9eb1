"""The final return of each seed, and its mean over seeds as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rlzoo.contracts.log import WINDOW
from rlzoo.results.statistics import mean_estimate

if TYPE_CHECKING:
    import pandas as pd

    from rlzoo.results.run_folder import RunFolder


def final_returns(episodes: pd.DataFrame) -> dict[int, float]:
    """Return each seed's mean return over its last episodes; seeds without a finished episode are missing."""
    by_seed = episodes.groupby("seed")["return"]
    return {int(str(seed)): float(returns.tail(WINDOW).mean()) for seed, returns in by_seed}


def returns_of(folder: RunFolder) -> dict[int, float]:
    """Return what each seed of a run ended with: its final return, or, offline, the mean of its last evaluation.

    Raises BadInput if the run has no table of episodes yet, or it is damaged.
    """
    if not folder.is_offline:
        return final_returns(folder.table("episodes"))
    table = folder.table("evaluations")
    last = table[table["step"] == table.groupby("seed")["step"].transform("max")]
    return {int(str(seed)): float(returns.mean()) for seed, returns in last.groupby("seed")["return"]}


def mean_and_interval(values: Sequence[float]) -> tuple[float, tuple[float, float] | None]:
    """Return the mean over seeds and its 95% confidence interval, None if there are too few seeds for one."""
    estimate = mean_estimate(np.array(values))
    bounds = None if estimate.low is None or estimate.high is None else (estimate.low, estimate.high)
    return estimate.value, bounds


def over_seeds(values: Sequence[float]) -> str:
    """Return the mean over seeds as text, with its confidence interval, or the range if there is none."""
    mean, interval = mean_and_interval(values)
    if len(values) == 1:
        return f"{mean:.1f} (one seed)"
    low, high = interval or (min(values), max(values))
    return f"{mean:.1f} ({'95% CI' if interval else 'range'} {low:.1f} to {high:.1f}, {len(values)} seeds)"
