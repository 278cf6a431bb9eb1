"""Trained parameters as safetensors files, one per seed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from safetensors.torch import save

from rlzoo.files import write_whole
from rlzoo.options import Meta
from rlzoo.report import Observer, Report, Run


@dataclass(frozen=True)
class Weights:
    """weights/seed-<n>.safetensors: a lane's parameters under the names of its module."""

    seconds: Annotated[float, Meta(ge=0, description="seconds between two saves while the run goes on")] = 30.0

    def build(self) -> Observer:
        """The observer."""
        return WeightsObserver(self.seconds)


class WeightsObserver(Observer):
    """Saves now and then, and whenever lanes are done."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def start(self, run: Run) -> None:
        """Make the folder."""
        (run.path / "weights").mkdir(exist_ok=True)
        self.saved = time.monotonic()

    def report(self, run: Run, report: Report) -> None:
        """Save if it is time."""
        if report.last or time.monotonic() - self.saved > self.seconds:
            self._save(run)

    def finish(self, run: Run) -> None:
        """After a failure the lanes gave no last report: save them as they are."""
        if run.status == "failed":
            self._save(run)

    def _save(self, run: Run) -> None:
        for seed, weights in run.current.weights().items() if run.current else ():
            write_whole(run.path / "weights" / f"seed-{seed}.safetensors", save(weights))
        self.saved = time.monotonic()
