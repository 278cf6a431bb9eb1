"""One row per seed of a run: what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rlzoo.contracts.log import WINDOW
from rlzoo.contracts.train import FEW_UPDATES, count_updates


def seed_columns(*, offline: bool) -> tuple[str, ...]:
    """Return the names of the columns."""
    measure = "mean return of the last evaluation" if offline else f"mean return of the last {WINDOW} episodes"
    return "seed", "episodes", "steps", measure, ""


def seed_rows(manifest: Mapping[str, Any], returns: Mapping[int, float]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each seed; `returns` has what each seed ended with."""
    best = max(returns.values()) if len(returns) > 1 else None
    for seed in manifest["seeds"]:
        counts = manifest["counts"].get(str(seed))
        if counts is None:
            yield str(seed), "", "", "", "did not train"
            continue
        final = returns.get(seed)
        mark = "best" if final is not None and final == best else ""
        remarks = (
            mark,
            diverged_at(counts["diverged_at"]),
            stopped_at(counts.get("stopped_at")),
            few_updates(counts.get("updates")),
        )
        shown = "" if final is None else f"{final:.1f}"
        yield str(seed), f"{counts['episodes']:,}", f"{counts['steps']:,}", shown, ", ".join(filter(None, remarks))


def diverged_at(step: int | None) -> str:
    """Return a remark on a seed that diverged, or ""."""
    return "" if step is None else f"diverged at step {step:,}"


def stopped_at(step: int | None) -> str:
    """Return a remark on a seed that a rule has stopped early, or ""."""
    return "" if step is None else f"stopped at step {step:,}"


def few_updates(updates: int | None) -> str:
    """Return a remark on a seed that hardly learned, or ""."""
    return "" if updates is None or updates >= FEW_UPDATES else count_updates(updates)
