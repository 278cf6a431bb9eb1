"""One row per seed of a run: what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rlzoo.contracts import RandomReturn
from rlzoo.contracts.log import WINDOW
from rlzoo.contracts.train import FEW_UPDATES, count_updates


def seed_columns(*, offline: bool) -> tuple[str, ...]:
    """Return the names of the columns."""
    measure = "mean return, last evaluation" if offline else f"mean return, last {WINDOW}"
    return "seed", "episodes", "steps", measure, "random", ""


def seed_rows(manifest: Mapping[str, Any], returns: Mapping[int, float]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each seed; `returns` has what each seed ended with."""
    best = max(returns.values()) if len(returns) > 1 else None
    random = manifest.get("random_return")
    baseline = "" if random is None else f"{random['mean']:.1f}"
    for seed in manifest["seeds"]:
        counts = manifest["counts"].get(str(seed))
        if counts is None:
            yield str(seed), "", "", "", baseline, "did not train"
            continue
        final = returns.get(seed)
        remarks = (
            "best" if final is not None and final == best else "",
            diverged_at(counts["diverged_at"]),
            stopped_at(counts.get("stopped_at")),
            few_updates(counts.get("updates")),
            no_better_than_random(random, final, counts["episodes"]),
            *counts.get("remarks", ()),
        )
        shown = "" if final is None else f"{final:.1f}"
        remark = ", ".join(filter(None, remarks))
        yield str(seed), f"{counts['episodes']:,}", f"{counts['steps']:,}", shown, baseline, remark


def no_better_than_random(random: Mapping[str, Any] | None, final: float | None, episodes: int) -> str:
    """Return a remark on a seed that has not learned, or "".

    The returns of its episodes are assumed to vary as those of random episodes.
    """
    if random is None or final is None:
        return ""
    baseline = RandomReturn(**random)
    error = baseline.standard_error * (baseline.episodes / min(max(episodes, 1), WINDOW)) ** 0.5
    return "" if baseline.exceeded_by(final, error) else "no better than random"


def diverged_at(step: int | None) -> str:
    """Return a remark on a seed that diverged, or ""."""
    return "" if step is None else f"diverged at step {step:,}"


def stopped_at(step: int | None) -> str:
    """Return a remark on a seed that a rule has stopped early, or ""."""
    return "" if step is None else f"stopped at step {step:,}"


def few_updates(updates: int | None) -> str:
    """Return a remark on a seed that hardly learned, or ""."""
    return "" if updates is None or updates >= FEW_UPDATES else count_updates(updates)
