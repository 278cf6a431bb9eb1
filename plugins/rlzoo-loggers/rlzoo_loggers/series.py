"""The contents of a log as series over steps, with the same names in every logger."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any, NamedTuple

from rlzoo.contracts import Log, Run


class Point(NamedTuple):
    """Values by name, for one seed at one of its environment steps."""

    seed: int
    step: int
    values: Mapping[str, float]


def points(log: Log) -> Iterator[Point]:
    """Yield finished episodes, the metrics that are not NaN, and the means of evaluations."""
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
        episodes = [episode for episode in log.evaluations if (episode.seed, episode.step) == (seed, step)]
        returns = fmean(episode.episode_return for episode in episodes)
        lengths = fmean(episode.length for episode in episodes)
        yield Point(seed, step, {"evaluation/return": returns, "evaluation/length": lengths})


def settings(run: Run, seed: int) -> dict[str, Any]:
    """Return the seed and all settings of a run by name, such as `target.period`."""
    recorded = run.composition.to_dict()
    flat = {"seed": seed, "algorithm": recorded["algorithm"]}
    flat |= {f"train.{name}": value for name, value in recorded["train"].items()}
    for slot, chosen in recorded["components"].items():
        flat[slot] = chosen["name"]
        flat |= {f"{slot}.{name}": value for name, value in chosen["options"].items()}
    return flat
