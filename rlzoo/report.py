"""What a run tells its observers, now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from rlzoo.composition import Composition

Status = Literal["running", "finished", "interrupted", "failed"]


@dataclass(frozen=True)
class Episode:
    """A finished training episode. `step` counts the lane's environment steps up to its end."""

    seed: int
    episode: int
    step: int
    episode_return: float
    length: int
    terminated: bool
    truncated: bool


@dataclass(frozen=True)
class Evaluation:
    """A finished greedy episode of the evaluation that took place at `step`."""

    seed: int
    step: int
    episode: int
    episode_return: float
    length: int
    terminated: bool
    truncated: bool


@dataclass(frozen=True)
class Report:
    """What happened in a group of lanes since its last report."""

    seeds: Sequence[int]
    step: int
    update: int
    episodes: Sequence[Episode]
    metrics: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """Seed to name to number, when rows of metrics are due, for lanes that have not diverged; NaN for not known."""
    evaluations: Sequence[Evaluation] = ()


@dataclass
class Run:
    """A run as observers see it: what it is, where its folder lies, and how far it has come."""

    composition: Composition
    seeds: Sequence[int]
    path: Path
    device: str
    command: str
    status: Status = "running"
    error: str = ""
    steps: dict[int, int] = field(default_factory=dict)
    """Environment steps of each seed so far, kept current while it trains."""
    counts: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Realised counts of each seed whose training is over."""
    weights: Any = None
    """Called without arguments, gives seed -> name -> tensor of the lanes that train now or last did."""


class Observer(Protocol):
    """Watches a run from outside the loop."""

    def start(self, run: Run) -> None:
        """The run is about to begin; its folder exists."""

    def report(self, run: Run, report: Report) -> None:
        """Something happened in some lanes."""

    def finish(self, run: Run) -> None:
        """The run is over; `run.status` says how. Called also after a failure or an interruption."""
