"""Episodes, metrics and evaluations as CSV files, which can be read during the run."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlzoo.contracts import Component, Episode, Evaluation, Log, Observer, Run
from rlzoo.results.files import append_whole, write_whole

EPISODES = ("seed", "episode", "step", "return", "length", "terminated", "truncated")
EVALUATIONS = ("seed", "step", "episode", "return", "length", "terminated", "truncated")
METRICS = ("seed", "step", "update")


@dataclass(frozen=True)
class CSV(Component):
    """episodes.csv, metrics.csv and, with train.eval_every, evaluations.csv in the run's folder."""

    def build(self) -> Observer:
        """Build the observer."""
        return CSVObserver()


class CSVObserver(Observer):
    """Appends whole rows and flushes them at once, so that a crash loses no log."""

    def start(self, run: Run) -> None:
        """Write the headers, but that of the metrics, whose names come with the first row; a resumed run has them."""
        self.metrics: Sequence[str] = ()
        _begin(run.path / "episodes.csv", EPISODES)
        if run.composition.train.eval_every is not None:
            _begin(run.path / "evaluations.csv", EVALUATIONS)
        if (run.path / "metrics.csv").exists():
            self.metrics = header(run.path / "metrics.csv")[len(METRICS) :]

    def log(self, run: Run, log: Log) -> None:
        """Append the rows of a log."""
        _append(run.path / "episodes.csv", map(_episode, log.episodes))
        _append(run.path / "evaluations.csv", map(_evaluation, log.evaluations))
        if log.metrics and not self.metrics:
            self.metrics = list(next(iter(log.metrics.values())))
            _append(run.path / "metrics.csv", [(*METRICS, *self.metrics)])
        _append(run.path / "metrics.csv", self._metrics(log))

    def finish(self, run: Run) -> None:
        """Sort the rows by step and seed, since groups of lanes log in any order."""
        for name in ("episodes", "evaluations", "metrics"):
            if (run.path / f"{name}.csv").exists():
                _sort(run.path / f"{name}.csv")

    def _metrics(self, log: Log) -> Iterable[Sequence[Any]]:
        for seed, row in log.metrics.items():
            values = (row.get(name, math.nan) for name in self.metrics)
            known = ("" if math.isnan(value) else value for value in values)
            yield (seed, log.step, log.update, *known)


def _episode(episode: Episode) -> Sequence[Any]:
    ends = int(episode.terminated), int(episode.truncated)
    return episode.seed, episode.episode, episode.step, episode.episode_return, episode.length, *ends


def _evaluation(episode: Evaluation) -> Sequence[Any]:
    ends = int(episode.terminated), int(episode.truncated)
    return episode.seed, episode.step, episode.episode, episode.episode_return, episode.length, *ends


def _sort(path: Path) -> None:
    header, *rows = path.read_text().splitlines(keepends=True)
    seed, step = (header.rstrip().split(",").index(name) for name in ("seed", "step"))

    def place(row: str) -> tuple[int, int]:
        cells = row.split(",")
        return int(cells[step]), int(cells[seed])

    ordered = sorted(rows, key=place)
    write_whole(path, "".join([header, *ordered]))  # flushed to disk before the run counts as complete


def header(path: Path) -> Sequence[str]:
    """The names of the columns of a table."""
    with path.open(encoding="utf-8") as file:
        return file.readline().rstrip("\n").split(",")


def _begin(path: Path, names: Sequence[str]) -> None:
    if not path.exists():
        _append(path, [names])


def _append(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    if text.tell():
        append_whole(path, text.getvalue().encode())
