"""TensorBoard's event files."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any, ClassVar

from rlzoo.contracts import Component, Log, Observer, Run
from rlzoo_loggers.libraries import library
from rlzoo_loggers.series import LAST, points, settings

SECONDS = 10
"""After so long, what was said is on the disk."""


@dataclass(frozen=True)
class TensorBoard(Component):
    """Returns, metrics, evaluations and settings for TensorBoard, in the run's folder, a series for each seed."""

    reference: ClassVar[str] = "https://www.tensorflow.org/tensorboard"

    def build(self) -> Observer:
        """The observer. Raises BadInput where tensorboardX is not installed."""
        return TensorBoardObserver(library("tensorboardX", "tensorboard"))


class TensorBoardObserver(Observer):
    """Writes `tensorboard/seed-<n>` in the run's folder."""

    def __init__(self, tensorboard: Any) -> None:
        self.tensorboard = tensorboard

    def start(self, run: Run) -> None:
        """Begin a file for each seed, with its settings."""
        self.last = {seed: deque[float](maxlen=LAST) for seed in run.seeds}
        self.writers = {
            seed: self.tensorboard.SummaryWriter(str(run.path / "tensorboard" / f"seed-{seed}"), flush_secs=SECONDS)
            for seed in run.seeds
        }
        self.endings = {seed: self._describe(writer, settings(run, seed)) for seed, writer in self.writers.items()}

    def _describe(self, writer: Any, values: Mapping[str, Any]) -> Any:
        """Tell settings and the name of the result, for the tab HPARAMS; returns what says there that all went well."""
        plain = {name: value if isinstance(value, bool | int | float) else str(value) for name, value in values.items()}
        *beginning, ending = self.tensorboard.summary.hparams(plain, {"result/return": 0})
        for summary in beginning:
            writer.file_writer.add_summary(summary)
        return ending

    def log(self, run: Run, log: Log) -> None:
        """Add what is new."""
        for seed, step, numbers in points(log):
            for name, value in numbers.items():
                self.writers[seed].add_scalar(name, value, step)
        for episode in log.episodes:
            self.last[episode.seed].append(episode.episode_return)

    def finish(self, run: Run) -> None:
        """Add each seed's result, the mean return of its last episodes, and close the files."""
        for seed, writer in self.writers.items():
            if self.last[seed]:
                writer.add_scalar("result/return", fmean(self.last[seed]), run.counts[seed]["steps"])
            if run.status == "finished":
                writer.file_writer.add_summary(self.endings[seed])
            writer.close()
