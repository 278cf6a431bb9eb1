"""A run as its observers see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from rlzoo.contracts.composition import Chosen, Composition
from rlzoo.contracts.log import Log
from rlzoo.contracts.random_return import RandomReturn

Status = Literal["running", "finished", "interrupted", "failed"]


@dataclass
class Run:
    """What a run is, where its folder is, and how far it has come."""

    composition: Composition
    seeds: Sequence[int]
    path: Path
    device: str
    command: str
    started: datetime = field(default_factory=lambda: datetime.now().astimezone())
    began: datetime = field(default_factory=lambda: datetime.now().astimezone())
    """When this process began with the run: later than `started` if it was resumed."""
    status: Status = "running"
    error: str = ""
    counts: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """Seed to its counts, for seeds that have begun: steps, updates, episodes, ..."""
    engine: Mapping[str, str] = field(default_factory=dict)
    """How steps are collected and gradients computed."""
    over: frozenset[int] = frozenset()
    """Seeds whose training is over, for whatever reason."""
    stopped: bool = False
    """Whether any lanes were stopped before everything was done."""
    observers: Sequence[Chosen] = ()
    """The observers, with their options."""
    random_return: RandomReturn | None = None
    """The return of a random policy, if it is known."""
    notes: Sequence[str] = ()
    """What the user was told before training: settings that were scaled, or few updates."""
    resumed: Sequence[Mapping[str, Any]] = ()
    """When, and from where, the run was resumed."""
    earlier_seconds: float = 0.0
    """How long it trained before it was last resumed."""
    stop_reason: str = ""
    """Why an observer asked for the end of the run, or ""."""

    def request_stop(self, reason: str) -> None:
        """Ask for the end of the run: its lanes stop within a vector step of their next log."""
        self.stop_reason = self.stop_reason or reason

    def take(self, log: Log) -> None:
        """Update the counts from a log. Other threads may be reading, so objects are replaced, not changed."""
        self.counts = {**self.counts, **log.counts}
        self.engine = log.engine or self.engine
        self.over |= set(log.seeds) if log.last else set()
        self.stopped |= log.stopped

    @property
    def steps(self) -> int:
        """Environment steps so far, over all seeds."""
        return sum(counts["steps"] for counts in self.counts.values())

    @property
    def done(self) -> float:
        """The fraction of the run that is over, 0 to 1. A seed that diverged or was stopped counts as over."""
        return sum(map(self._part, self.counts.values())) / len(self.seeds)

    def _part(self, counts: Mapping[str, Any]) -> float:
        train = self.composition.train
        share = counts["steps"] / train.steps if train.steps else counts["episodes"] / (train.episodes or 1)
        frozen = counts["diverged_at"] is not None or counts.get("stopped_at") is not None
        return 1.0 if frozen else float(min(share, 1.0))
