"""How a study is doing: bars on a terminal, lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Task as Bar
from rich.text import Text

from rlzoo.contracts import Run
from rlzoo.results.observers.standing import span
from rlzoo.studies.execution.conductor import Audience
from rlzoo.studies.execution.study import Task

SECONDS_BETWEEN_LINES = 10.0


class Tally:
    """What all runs of a round add up to."""

    def __init__(self, runs: Sequence[Run], now: float) -> None:
        self.runs, self.began = runs, now

    @property
    def steps(self) -> int:
        """Environment steps, over all seeds."""
        return sum(run.steps for run in self.runs)

    @property
    def seeds(self) -> int:
        """All seeds of all runs."""
        return sum(len(run.seeds) for run in self.runs)

    @property
    def done(self) -> float:
        """How many of them are over, in parts too."""
        return sum(run.done * len(run.seeds) for run in self.runs)

    @property
    def over(self) -> int:
        """How many runs are over."""
        return sum(run.status != "running" for run in self.runs)

    def line(self, now: float) -> str:
        """All of it in words."""
        share, took = self.done / self.seeds, max(now - self.began, 1e-9)
        left = f", time left {span(took * (1 - share) / share)}" if share else ""
        speed = f"{self.steps / took:,.0f} steps/s"
        return f"{share:.0%}, {self.over} of {len(self.runs)} units done, {speed}{left}"


class StudyLines(Audience):
    """A line at every unit's end, and one now and then."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def begin(self, tasks: Sequence[Task], runs: Sequence[Run]) -> None:
        """Say how much there is to do."""
        self.tally, self.told = Tally(runs, time.monotonic()), time.monotonic()
        again = "again, seed by seed: " if any(task.attempt > 1 for task in tasks) else ""
        self._print(f"{again}{len(tasks)} units, {self.tally.seeds} seeds to train")

    def moved(self, task: Task, run: Run) -> None:
        """Say how it goes, if it is time."""
        if time.monotonic() - self.told >= SECONDS_BETWEEN_LINES:
            self.told = time.monotonic()
            self._print(self.tally.line(self.told))

    def ended(self, task: Task, run: Run) -> None:
        """Say how it ended."""
        self._print(_ending(task, run))

    def close(self) -> None:
        """Nothing to clear away."""

    def _print(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)


class StudyBars(Audience):
    """A bar for all, and one for each unit that trains; what fails stays on the screen."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            _Speed(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self.bars: dict[int, TaskID] = {}

    def begin(self, tasks: Sequence[Task], runs: Sequence[Run]) -> None:
        """Show the bar for all."""
        self.tally = Tally(runs, time.monotonic())
        self.all = self.progress.add_task(f"{len(tasks)} units", total=self.tally.seeds, tally=self.tally)
        self.progress.start()

    def moved(self, task: Task, run: Run) -> None:
        """Move the unit's bar, and the bar for all."""
        if id(run) not in self.bars:
            one = Tally([run], time.monotonic())
            self.bars[id(run)] = self.progress.add_task(_name(task), total=one.seeds, tally=one)
        self.progress.update(self.bars[id(run)], completed=run.done * len(run.seeds))
        self.progress.update(self.all, completed=self.tally.done)

    def ended(self, task: Task, run: Run) -> None:
        """Take the unit's bar away, and say what failed."""
        bar = self.bars.pop(id(run), None)
        if bar is not None:
            self.progress.remove_task(bar)
        if run.status == "failed":
            self.progress.console.print(_ending(task, run), soft_wrap=True)
        rest = f"{self.tally.over} of {len(self.tally.runs)} units"
        self.progress.update(self.all, completed=self.tally.done, description=rest)

    def close(self) -> None:
        """Take all bars away."""
        self.progress.stop()


class _Speed(ProgressColumn):
    """Environment steps per second, over all seeds of a bar."""

    def render(self, task: Bar) -> Text:
        tally: Tally = task.fields["tally"]
        return Text(f"{tally.steps / max(time.monotonic() - tally.began, 1e-9):,.0f} steps/s")


def audience(quiet: bool) -> StudyLines | StudyBars:
    """Who tells of a study on stderr."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, quiet=quiet)
    live = console.is_terminal and not console.is_dumb_terminal
    return StudyBars(console) if live else StudyLines(console)


def _name(task: Task) -> str:
    first, last = min(task.seeds), max(task.seeds)
    seeds = f"seeds {first} to {last}" if len(task.seeds) > 1 else f"seed {first}"
    return f"{task.cell.name} on {task.environment}, {seeds}"


def _ending(task: Task, run: Run) -> str:
    if run.status != "failed":
        return f"{_name(task)}: {run.status}"
    again = "; tried again, each seed alone" if task.attempt == 1 else ""
    return f"{_name(task)}: failed: {run.error}{again}"
