"""The picture of a run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from rlzoo.contracts import Component, Log, Meta, Observer, Run
from rlzoo.results.plotting import draw_run

LARGEST_SHARE = 0.01
"""The part of a run's time that drawing may take."""


@dataclass(frozen=True)
class Plot(Component):
    """returns.png: the return over the steps, seed by seed and together."""

    seconds: Annotated[float, Meta(ge=0, description="least seconds between two pictures of a run that goes on")] = 30.0

    def build(self) -> Observer:
        """The observer."""
        return PlotObserver(self.seconds)


class PlotObserver(Observer):
    """Draws from the tables of the folder now and then, and when the run is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def start(self, run: Run) -> None:
        """The first picture is due later: there is nothing to draw yet."""
        self.due = time.monotonic() + self.seconds

    def log(self, run: Run, log: Log) -> None:
        """Draw if it is time."""
        began = time.monotonic()
        if began >= self.due:
            draw_run(run.path)
            took = time.monotonic() - began
            self.due = began + max(self.seconds, took / LARGEST_SHARE)

    def finish(self, run: Run) -> None:
        """Draw it as it is in the end."""
        draw_run(run.path)
