"""What a log says, as numbers over steps: the same names in every logger."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any, NamedTuple

from rlzoo.contracts import Log, Run

LAST = 100
"""Episodes whose mean return is a seed's result, as in rlzoo's own summary."""


class Point(NamedTuple):
    """Numbers by name, of one seed at one of its environment steps."""

    seed: int
    step: int
    numbers: Mapping[str, float]


def points(log: Log) -> Iterator[Point]:
    """Finished episodes, metrics that are known, and the means of evaluations, seed by seed in the order of steps."""
    for episode in log.episodes:
        yield Point(
            episode.seed, episode.step, {"train/return": episode.episode_return, "train/length": float(episode.length)}
        )
    for seed, row in log.metrics.items():
        known = {f"metrics/{name}": value for name, value in row.items() if not math.isnan(value)}
        yield Point(seed, log.step, known)
    yield from _evaluations(log)


def _evaluations(log: Log) -> Iterator[Point]:
    for seed, step in dict.fromkeys((it.seed, it.step) for it in log.evaluations):
        own = [it for it in log.evaluations if (it.seed, it.step) == (seed, step)]
        returns, lengths = fmean(it.episode_return for it in own), fmean(it.length for it in own)
        yield Point(seed, step, {"evaluation/return": returns, "evaluation/length": lengths})


def settings(run: Run, seed: int) -> dict[str, Any]:
    """All of a run's settings in one flat table, `target.period` and the like, and the seed."""
    recorded = run.composition.to_dict()
    flat = {"seed": seed, "algorithm": recorded["algorithm"]}
    flat |= {f"train.{name}": value for name, value in recorded["train"].items()}
    for slot, chosen in recorded["components"].items():
        section = "env" if slot == "environment" else slot
        flat[slot] = chosen["name"]
        flat |= {f"{section}.{name}": value for name, value in chosen["options"].items()}
    return flat
