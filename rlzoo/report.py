"""What a run tells its observers, now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from rlzoo.composition import Composition

if TYPE_CHECKING:
    import numpy as np

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
    counts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Seed to what really happened in it so far: steps, updates, episodes, ..."""
    weights: Mapping[int, Mapping[str, np.ndarray]] = field(default_factory=dict)
    """Seed to name to values, now and then and at the end."""
    last: bool = False
    """Whether these lanes are done, for whatever reason."""
    stopped: bool = False
    """Whether they were asked to end before all of it was done, the last evaluation too."""


@dataclass
class Run:
    """A run as observers see it: what it is, where its folder lies, and how far it has come."""

    composition: Composition
    seeds: Sequence[int]
    path: Path
    device: str
    command: str
    started: datetime = field(default_factory=lambda: datetime.now().astimezone())
    status: Status = "running"
    error: str = ""
    counts: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """What really happened so far in each seed that has begun: steps, updates, episodes, ..."""
    over: frozenset[int] = frozenset()
    """The seeds whose training is over, for whatever reason."""
    stopped: bool = False
    """Whether a part of it was asked to end before all was done."""

    def take(self, report: Report) -> None:
        """Note how far a report's lanes are. What other threads may be reading is replaced, not changed."""
        self.counts = {**self.counts, **report.counts}
        self.over |= set(report.seeds) if report.last else set()
        self.stopped |= report.stopped

    @property
    def steps(self) -> int:
        """Environment steps so far, over all seeds."""
        return sum(counts["steps"] for counts in self.counts.values())

    @property
    def done(self) -> float:
        """How much of the run is over, 0 to 1. A seed that diverged is; one that was interrupted stays where it was."""
        return sum(map(self._part, self.counts.values())) / len(self.seeds)

    def _part(self, counts: Mapping[str, Any]) -> float:
        train = self.composition.train
        share = counts["steps"] / train.steps if train.steps else counts["episodes"] / (train.episodes or 1)
        return 1.0 if counts["diverged_at"] is not None else float(min(share, 1.0))


class Observer(Protocol):
    """Watches a run from outside the loop."""

    def start(self, run: Run) -> None:
        """The run is about to begin; its folder exists."""
        return

    def report(self, run: Run, report: Report) -> None:
        """Something happened in some lanes."""
        return

    def finish(self, run: Run) -> None:
        """The run is over; `run.status` says how. Called also after a failure or an interruption."""
        return
