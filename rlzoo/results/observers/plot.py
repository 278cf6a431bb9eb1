"""The figure of a run."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Annotated

from rlzoo.contracts import Component, Log, Meta, Observer, Run

LIBRARIES = ("rlzoo.results.diagnostics_figure", "pandas")
"""What drawing needs; importing them takes as long as drawing."""
LARGEST_SHARE = 0.01
"""The maximum fraction of the run's time spent on drawing."""


@dataclass(frozen=True)
class Plot(Component):
    """returns.png: the return over the steps, seed by seed and together; with train.diagnose, diagnostics.png."""

    seconds: Annotated[float, Meta(ge=0, description="minimum seconds between two figures during the run")] = 30.0

    def build(self) -> Observer:
        """Build the observer."""
        return PlotObserver(self.seconds)


class PlotObserver(Observer):
    """Draws from the tables of the folder at intervals, and at the end."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def start(self, run: Run) -> None:
        """Schedule the first figure, and import what drawing needs while worker processes start."""
        Thread(target=_import_libraries).start()
        self.due = time.monotonic() + self.seconds

    def log(self, run: Run, log: Log) -> None:
        """Draw, if it is due."""
        began = time.monotonic()
        if began >= self.due:
            draw_run(run.path)
            took = time.monotonic() - began
            self.due = began + max(self.seconds, took / LARGEST_SHARE)

    def finish(self, run: Run) -> None:
        """Draw the final figure."""
        draw_run(run.path)


def _import_libraries() -> None:
    with suppress(Exception):  # drawing will say what is wrong
        for name in LIBRARIES:
            import_module(name)


def draw_run(path: Path) -> None:
    """Draw the figures of the run in the folder `path`."""
    from rlzoo.results import diagnostics_figure, plotting

    plotting.draw_run(path)
    diagnostics_figure.draw_run(path)
