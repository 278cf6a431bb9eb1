"""The progress of a run: a panel on a terminal or in a notebook, lines anywhere else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from rlzoo.contracts import Component, Log, Meta, Observer, Run
from rlzoo.results.files import shown
from rlzoo.results.observers.progress_summary import CURVE_WIDTH, ProgressSummary, format_duration
from rlzoo.results.terminal import stderr_console

WIDTH = 72
"""Characters of the panel, unless the terminal is narrower."""


@dataclass(frozen=True)
class Progress(Component):
    """Steps, speed, time left and returns on stderr: a live panel on a terminal or in a notebook, else lines."""

    seconds: Annotated[float, Meta(ge=0, description="minimum seconds between two lines without a terminal")] = 10.0

    def build(self) -> Observer:
        """Build the observer."""
        console = stderr_console()
        if console.is_jupyter and find_spec("ipywidgets") is None:  # without it, a notebook cannot redraw a panel
            console = stderr_console(force_jupyter=False)
        live = console.is_jupyter or (console.is_terminal and not console.is_dumb_terminal)
        return LivePanel(console) if live else LogLines(console, self.seconds)


class LivePanel(Observer):
    """A panel that a thread redraws four times a second, so that it also moves between logs."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def start(self, run: Run) -> None:
        """Show the panel."""
        self.summary = ProgressSummary(run, time.monotonic())
        self.live = Live(get_renderable=self._panel, console=self.console, refresh_per_second=4, transient=True)
        self.live.start()

    def log(self, run: Run, log: Log) -> None:
        """Update the summary."""
        self.summary.update(log)

    def finish(self, run: Run) -> None:
        """Remove the panel; the summary of the run comes from elsewhere."""
        self.live.stop()

    def _panel(self) -> Panel:
        run, summary = self.summary.run, self.summary
        bar = "━" * int(run.done * CURVE_WIDTH)
        facts = {"done": f"{bar:─<{CURVE_WIDTH}}", **summary.facts(time.monotonic()), "curve": summary.curve()}
        width = max(map(len, facts)) + 2
        # Text, not a table: laying out a table takes six times as long, and would slow training down by 1.5%.
        lines = Text("\n".join(f"{name:{width}}{text}" for name, text in facts.items()), no_wrap=True)
        return Panel(lines, title=_title(run), title_align="left", width=min(WIDTH, self.console.width))


class LogLines(Observer):
    """A line at the start, one at the end, and one every `seconds` in between."""

    def __init__(self, console: Console, seconds: float) -> None:
        self.console, self.seconds = console, seconds

    def start(self, run: Run) -> None:
        """Print the title of the run and its folder."""
        self.printed_at = time.monotonic()
        self.summary = ProgressSummary(run, self.printed_at)
        self._print(f"{_title(run)}, in {shown(run.path)}")

    def log(self, run: Run, log: Log) -> None:
        """Print the progress, if it is due."""
        self.summary.update(log)
        if time.monotonic() - self.printed_at >= self.seconds:
            self._print_facts()

    def finish(self, run: Run) -> None:
        """Print the final progress, the status and the duration."""
        self._print_facts()
        self._print(f"{run.status} after {format_duration(self.printed_at - self.summary.started)}")

    def _print_facts(self) -> None:
        self.printed_at = time.monotonic()
        self._print("; ".join(f"{name} {text}" for name, text in self.summary.facts(self.printed_at).items()))

    def _print(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)


def _title(run: Run) -> str:
    seeds = f"seed {run.seeds[0]}" if len(run.seeds) == 1 else f"{len(run.seeds)} seeds"
    return f"{run.composition.algorithm} on {run.composition['environment'].id}, {seeds}"
