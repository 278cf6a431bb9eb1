"""Progress of a study: bars on a terminal or in a notebook, lines anywhere else."""

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
from rlzoo.results.observers.progress_summary import format_duration
from rlzoo.results.terminal import stderr_console
from rlzoo.studies.execution.study import Task
from rlzoo.studies.execution.trainer import ALONE, TOGETHER, StudyObserver
from rlzoo.studies.numbers import count

SECONDS_BETWEEN_LINES = 10.0
AGAIN = {TOGETHER: "; repeating it by itself", ALONE: "; repeating it one seed at a time"}


class StudyTotals:
    """Totals over some runs."""

    def __init__(self, runs: Sequence[Run], now: float) -> None:
        self.runs, self.began = runs, now

    @property
    def steps(self) -> int:
        """Environment steps over all seeds."""
        return sum(run.steps for run in self.runs)

    @property
    def seeds(self) -> int:
        """The number of seeds of all runs."""
        return sum(len(run.seeds) for run in self.runs)

    @property
    def done(self) -> float:
        """The number of finished seeds, counting fractions."""
        return sum(run.done * len(run.seeds) for run in self.runs)

    @property
    def finished(self) -> int:
        """The number of runs that are over."""
        return sum(run.status != "running" for run in self.runs)

    def line(self, now: float) -> str:
        """One line with all of it."""
        share, took = self.done / self.seeds, max(now - self.began, 1e-9)
        left = f", time left {format_duration(took * (1 - share) / share)}" if share else ""
        speed = f"{self.steps / took:,.0f} steps/s"
        return f"{share:.0%}, {self.finished} of {len(self.runs)} trials done, {speed}{left}"


class StudyLines(StudyObserver):
    """A line at the end of every trial, and one every few seconds."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def start(self, tasks: Sequence[Task], runs: Sequence[Run]) -> None:
        """Print how much there is to train."""
        self.totals, self.printed = StudyTotals(runs, time.monotonic()), time.monotonic()
        repeated = "repeating failed trials one seed at a time: " if any(task.attempt > 1 for task in tasks) else ""
        self._print(f"{repeated}{count(len(tasks), 'trial')}, {count(self.totals.seeds, 'seed')} to train")

    def update(self, task: Task, run: Run) -> None:
        """Print the totals if it is time."""
        if time.monotonic() - self.printed >= SECONDS_BETWEEN_LINES:
            self.printed = time.monotonic()
            self._print(self.totals.line(self.printed))

    def finish(self, task: Task, run: Run) -> None:
        """Print how the trial ended."""
        self._print(_ending(task, run))

    def close(self) -> None:
        """Nothing to do."""

    def _print(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)


class StudyBars(StudyObserver):
    """A bar for the study and one for each running trial; failures stay on the screen."""

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

    def start(self, tasks: Sequence[Task], runs: Sequence[Run]) -> None:
        """Show the study's bar."""
        self.totals = StudyTotals(runs, time.monotonic())
        name = count(len(tasks), "trial")
        self.all = self.progress.add_task(name, total=self.totals.seeds, totals=self.totals)
        self.progress.start()

    def update(self, task: Task, run: Run) -> None:
        """Advance the trial's bar and the study's."""
        if id(run) not in self.bars:
            totals = StudyTotals([run], time.monotonic())
            self.bars[id(run)] = self.progress.add_task(_name(task), total=totals.seeds, totals=totals)
        self.progress.update(self.bars[id(run)], completed=run.done * len(run.seeds))
        self.progress.update(self.all, completed=self.totals.done)

    def finish(self, task: Task, run: Run) -> None:
        """Remove the trial's bar, and print it if it failed."""
        bar = self.bars.pop(id(run), None)
        if bar is not None:
            self.progress.remove_task(bar)
        if run.status == "failed":
            self.progress.console.print(_ending(task, run), soft_wrap=True)
        finished = f"{self.totals.finished} of {len(self.totals.runs)} trials"
        self.progress.update(self.all, completed=self.totals.done, description=finished)

    def close(self) -> None:
        """Remove all bars."""
        self.progress.stop()


class _Speed(ProgressColumn):
    """Environment steps per second, over all seeds of a bar."""

    def render(self, task: Bar) -> Text:
        totals: StudyTotals = task.fields["totals"]
        return Text(f"{totals.steps / max(time.monotonic() - totals.began, 1e-9):,.0f} steps/s")


def study_progress(*, quiet: bool) -> StudyObserver:
    """Shows the progress of a study on stderr, or in a notebook; nothing if `quiet`."""
    console = stderr_console(quiet=quiet)
    live = console.is_jupyter or (console.is_terminal and not console.is_dumb_terminal)
    return StudyBars(console) if live else StudyLines(console)


def _name(task: Task) -> str:
    first, last = min(task.seeds), max(task.seeds)
    seeds = f"seeds {first} to {last}" if len(task.seeds) > 1 else f"seed {first}"
    return f"{task.cell.name} on {task.environment}, {seeds}"


def _ending(task: Task, run: Run) -> str:
    if run.status != "failed":
        return f"{_name(task)}: {run.status}"
    return f"{_name(task)}: failed: {run.error}{AGAIN.get(task.attempt, '')}"
