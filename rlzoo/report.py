"""What a run tells its observers, now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from rlzoo.composition import Composition
from rlzoo.interfaces import Params
from rlzoo.lanes.clock import Clock

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
    last: bool = False
    """Whether these lanes are done, for whatever reason."""


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
    counts: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What really happened in each seed whose training is over: steps, updates, episodes, ..."""
    current: Group | None = None
    """The lanes that train now."""

    @property
    def steps(self) -> int:
        """Environment steps so far, over all seeds."""
        return sum(counts["steps"] for counts in self.counts.values()) + self._running * self._clock.steps

    @property
    def done(self) -> float:
        """How much of the run is over, 0 to 1. A seed that diverged is; one that was interrupted stays where it was."""
        over = sum(
            1.0 if counts["diverged_at"] is not None else self._part(counts["steps"], counts["episodes"])
            for counts in self.counts.values()
        )
        return (over + self._running * self._part(self._clock.steps, self._clock.episodes.mean())) / len(self.seeds)

    def _part(self, steps: int, episodes: float) -> float:
        train = self.composition.train
        return float(min(steps / train.steps if train.steps else episodes / (train.episodes or 1), 1.0))

    @property
    def _running(self) -> int:
        return sum(seed not in self.counts for seed in self.current.seeds) if self.current else 0

    @property
    def _clock(self) -> Clock:
        return self.current.clock if self.current else Clock(1)


class Group(Protocol):
    """Lanes that train side by side, as far as observers may look into them."""

    @property
    def seeds(self) -> Sequence[int]:
        """The lanes' seeds."""
        ...

    @property
    def clock(self) -> Clock:
        """How far they are."""
        ...

    def weights(self) -> Mapping[int, Params]:
        """Seed to name to tensor, copied."""
        ...

    def counts(self) -> Mapping[int, dict[str, Any]]:
        """Seed to what really happened."""
        ...


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
