"""The summary of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from rlzoo.cli.tables import print_table

if TYPE_CHECKING:
    from rlzoo.results.result import Result


def print_summary(result: Result) -> None:
    """Print a row per seed, the mean over seeds, and where the results are."""
    from rlzoo.contracts.log import WINDOW

    returns = final_returns(result)
    columns = ("seed", "episodes", "steps", f"mean return of the last {WINDOW} episodes", "")
    print_table("", columns, _rows(result, returns))
    if returns:
        click.echo(f"mean return {over_seeds(list(returns.values()))}\n")
    click.echo(f"results in {result.path}")
    click.echo(f"plot    in {result.path / 'returns.png'}")
    click.echo(f"Next: `rlzoo plot {result.path}` or `rlzoo eval {result.path}`")


def final_returns(result: Result) -> dict[int, float]:
    """Return each seed's mean return over its last episodes; seeds without a finished episode are missing."""
    from rlzoo.contracts.log import WINDOW

    episodes = result.episodes.groupby("seed")["return"]
    return {int(str(seed)): float(returns.tail(WINDOW).mean()) for seed, returns in episodes}


def mean_and_interval(values: Sequence[float]) -> tuple[float, tuple[float, float] | None]:
    """Return the mean over seeds and its 95% confidence interval, None if there are too few seeds for one."""
    import numpy as np

    from rlzoo.results.statistics import mean_estimate

    estimate = mean_estimate(np.array(values))
    bounds = None if estimate.low is None or estimate.high is None else (estimate.low, estimate.high)
    return estimate.value, bounds


def over_seeds(values: Sequence[float]) -> str:
    """Return the mean over seeds as text, with its confidence interval, or the range if there is none."""
    mean, found = mean_and_interval(values)
    if len(values) == 1:
        return f"{mean:.1f} (one seed)"
    low, high = found or (min(values), max(values))
    return f"{mean:.1f} ({'95% CI' if found else 'range'} {low:.1f} to {high:.1f}, {len(values)} seeds)"


def diverged_at(step: int | None) -> str:
    """Return a remark on a seed that diverged, or ""."""
    return "" if step is None else f"diverged at step {step:,}"


def stopped_at(step: int | None) -> str:
    """Return a remark on a seed that reached `train.stop_at`, or ""."""
    return "" if step is None else f"stopped at step {step:,}"


def _rows(result: Result, returns: dict[int, float]) -> Iterator[tuple[str, ...]]:
    best = max(returns.values()) if len(returns) > 1 else None
    for seed in result.seeds:
        counts = result.manifest["counts"].get(str(seed))
        if counts is None:
            yield str(seed), "", "", "", "did not train"
            continue
        mean = returns.get(seed)
        best_mark = "best" if mean is not None and mean == best else ""
        remarks = (best_mark, diverged_at(counts["diverged_at"]), stopped_at(counts.get("stopped_at")))
        shown = "" if mean is None else f"{mean:.1f}"
        yield str(seed), f"{counts['episodes']:,}", f"{counts['steps']:,}", shown, ", ".join(filter(None, remarks))
