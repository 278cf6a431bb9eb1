"""How a run is doing, while it runs: a panel on a terminal, now and then a line anywhere else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from rlzoo.contracts import Component, Log, Meta, Observer, Run
from rlzoo.results.observers.standing import CELLS, Standing, span

WIDTH = 72
"""Of the panel, where the terminal is not narrower."""


@dataclass(frozen=True)
class Progress(Component):
    """How far the run is, how fast, and what it learns, on stderr: live on a terminal, else a line now and then."""

    seconds: Annotated[float, Meta(ge=0, description="least seconds between two lines where there is no terminal")] = (
        10.0
    )

    def build(self) -> Observer:
        """The observer."""
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        live = console.is_terminal and not console.is_dumb_terminal
        return LivePanel(console) if live else LogLines(console, self.seconds)


class LivePanel(Observer):
    """Redrawn four times a second by a thread of its own, so that it moves also while nothing is reported."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def start(self, run: Run) -> None:
        """Show the panel."""
        self.standing = Standing(run, time.monotonic())
        self.live = Live(get_renderable=self._panel, console=self.console, refresh_per_second=4, transient=True)
        self.live.start()

    def log(self, run: Run, log: Log) -> None:
        """Take what is new."""
        self.standing.take(log)

    def finish(self, run: Run) -> None:
        """Remove the panel; what comes of the run is said elsewhere."""
        self.live.stop()

    def _panel(self) -> Panel:
        run, standing = self.standing.run, self.standing
        bar = "━" * int(run.done * CELLS)
        facts = {"done": f"{bar:─<{CELLS}}", **standing.facts(time.monotonic()), "curve": standing.curve()}
        width = max(map(len, facts)) + 2
        # Text, not a table: laying out a table takes six times as long, and would slow training down by 1.5 %.
        lines = Text("\n".join(f"{name:{width}}{text}" for name, text in facts.items()), no_wrap=True)
        return Panel(lines, title=_title(run), title_align="left", width=WIDTH)


class LogLines(Observer):
    """A line at the start, one at the end, and not too many between."""

    def __init__(self, console: Console, seconds: float) -> None:
        self.console, self.seconds = console, seconds

    def start(self, run: Run) -> None:
        """Say what runs."""
        self.told = time.monotonic()
        self.standing = Standing(run, self.told)
        self._print(f"{_title(run)}, in {run.path}")

    def log(self, run: Run, log: Log) -> None:
        """Say how it goes, if it is time."""
        self.standing.take(log)
        if time.monotonic() - self.told >= self.seconds:
            self._tell()

    def finish(self, run: Run) -> None:
        """Say how it ended."""
        self._tell()
        self._print(f"{run.status} after {span(self.told - self.standing.started)}")

    def _tell(self) -> None:
        self.told = time.monotonic()
        self._print("; ".join(f"{name} {text}" for name, text in self.standing.facts(self.told).items()))

    def _print(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)


def _title(run: Run) -> str:
    seeds = f"seed {run.seeds[0]}" if len(run.seeds) == 1 else f"{len(run.seeds)} seeds"
    return f"{run.composition.algorithm} on {run.composition['environment'].id}, {seeds}"
