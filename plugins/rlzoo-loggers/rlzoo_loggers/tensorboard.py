"""Event files for TensorBoard."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any, ClassVar

from rlzoo.contracts import Component, Log, Meta, Observer, Run
from rlzoo.contracts.log import WINDOW
from rlzoo_loggers.libraries import library
from rlzoo_loggers.series import points, settings

SECONDS = 10
"""The maximum time between two writes to the disk."""


@dataclass(frozen=True)
class TensorBoard(Component):
    """Event files for TensorBoard with returns, metrics, evaluations and settings, one folder per seed."""

    reference: ClassVar[str] = "https://www.tensorflow.org/tensorboard"

    folder: (
        Annotated[str, Meta(description="parent of the event files; none for `tensorboard` in the run's folder")] | None
    ) = None

    def build(self) -> Observer:
        """Build the observer. Raises BadInput if tensorboardX is not installed."""
        return TensorBoardObserver(library("tensorboardX", "tensorboard"), self.folder)


class TensorBoardObserver(Observer):
    """Writes a folder `seed-<n>` for each seed."""

    def __init__(self, tensorboard: Any, folder: str | None) -> None:
        self.tensorboard, self.folder = tensorboard, folder

    def start(self, run: Run) -> None:
        """Open a file for each seed, and write its settings."""
        folder = Path(self.folder, run.path.name).expanduser() if self.folder else run.path / "tensorboard"
        self.last = {seed: deque[float](maxlen=WINDOW) for seed in run.seeds}
        self.writers = {
            seed: self.tensorboard.SummaryWriter(
                str(folder / f"seed-{seed}"), purge_step=_repeated(run, seed), flush_secs=SECONDS
            )
            for seed in run.seeds
        }
        self.endings = {seed: self._describe(writer, settings(run, seed)) for seed, writer in self.writers.items()}

    def _describe(self, writer: Any, values: Mapping[str, Any]) -> Any:
        """Write settings and the name of the result for the tab HPARAMS; returns the entry that marks success."""
        plain = {name: value if isinstance(value, bool | int | float) else str(value) for name, value in values.items()}
        *beginning, ending = self.tensorboard.summary.hparams(plain, {"result/return": 0})
        for summary in beginning:
            writer.file_writer.add_summary(summary)
        return ending

    def log(self, run: Run, log: Log) -> None:
        """Write the points of a log."""
        for seed, step, values in points(log):
            for name, value in values.items():
                self.writers[seed].add_scalar(name, value, step)
        for episode in log.episodes:
            self.last[episode.seed].append(episode.episode_return)

    def finish(self, run: Run) -> None:
        """Write each seed's result, the mean return of its last episodes, and close the files."""
        for seed, writer in self.writers.items():
            if self.last[seed]:
                writer.add_scalar("result/return", fmean(self.last[seed]), run.counts[seed]["steps"])
            if run.status == "finished":
                writer.file_writer.add_summary(self.endings[seed])
            writer.close()


def _repeated(run: Run, seed: int) -> int | None:
    """The step from which points of a resumed run replace earlier ones, or None."""
    return int(run.counts[seed]["steps"]) + 1 if run.resumed and seed in run.counts else None
