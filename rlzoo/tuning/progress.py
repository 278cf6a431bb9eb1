"""Progress of a search: a live table of its best trials on a terminal or in a notebook, lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rlzoo.contracts import Run
from rlzoo.registry.options import as_text
from rlzoo.results.terminal import stderr_console
from rlzoo.studies.execution.progress import SECONDS_BETWEEN_LINES, StudyTotals
from rlzoo.studies.execution.study import Task
from rlzoo.studies.numbers import count, number

if TYPE_CHECKING:
    from rlzoo.tuning.search import Search
    from rlzoo.tuning.store import TrialStore

MOST_ROWS = 10
SECONDS_BETWEEN_TABLES = 0.5
"""So that reading Optuna's journal and drawing take little of the time that training has."""


class SearchProgress:
    """Shows the trials of a search while they train; nothing if `quiet`."""

    def __init__(self, search: Search, store: TrialStore, *, quiet: bool) -> None:
        self.search, self.store = search, store
        self.console = stderr_console(quiet=quiet)
        live = self.console.is_jupyter or (self.console.is_terminal and not self.console.is_dumb_terminal)
        self.live = Live(console=self.console, auto_refresh=False) if live else None
        self.printed = self.shown = time.monotonic()
        self.totals = StudyTotals([], self.printed)
        self.best: int | None = None

    def __enter__(self) -> Self:
        if self.live is not None:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, tasks: Sequence[Task], runs: Sequence[Run]) -> None:
        """Some trials begin to train to a rung."""
        self.totals = StudyTotals(runs, time.monotonic())
        train = runs[0].composition.train
        self._line(f"{self._so_far()}: training {count(len(tasks), 'trial')} to step {train.steps:,}")

    def update(self, task: Task, run: Run) -> None:
        """A trial has advanced."""
        if time.monotonic() - self.shown >= SECONDS_BETWEEN_TABLES:
            self._show()

    def finish(self, task: Task, run: Run) -> None:
        """A trial has reached its rung, or failed."""
        if run.status == "failed":
            self.console.print(f"{task.cell.name}: failed: {run.error}", soft_wrap=True)
        self._show()

    def close(self) -> None:
        """Stop the table; it stays on the screen as it was."""
        if self.live is not None:
            self._show()
            self.live.stop()

    def _so_far(self) -> str:
        from rlzoo.tuning.trials import best_trial

        over = sum(trial.state.is_finished() for trial in self.store.trials)
        best = best_trial(self.store)
        found = "" if best is None else f", best {number(best.value)} (trial {best.number})"
        return f"{over} of {count(self.search.trials, 'trial')} over{found}"

    def _show(self) -> None:
        self.shown = time.monotonic()
        if self.live is not None:
            self.live.update(Group(Text(self._so_far()), self._table(), Text(self._status())), refresh=True)
        elif time.monotonic() - self.printed >= SECONDS_BETWEEN_LINES:
            self._line(f"{self._so_far()}; {self._status()}")

    def _status(self) -> str:
        """How far the trials are that are training."""
        return self.totals.line(time.monotonic()) if self.totals.runs else ""

    def _line(self, text: str) -> None:
        self.printed = time.monotonic()
        if self.live is None:
            self.console.print(text, soft_wrap=True)

    def _table(self) -> Table:
        """The best trials so far."""
        scored = [trial for trial in self.store.trials if trial.intermediate_values]
        scored.sort(
            key=lambda trial: (
                max(trial.intermediate_values),
                trial.intermediate_values[max(trial.intermediate_values)],
            ),
            reverse=True,
        )
        table = Table()
        for column in ("trial", "steps", "score", *self.search.space):
            table.add_column(column, justify="left" if column in self.search.space else "right")
        for trial in scored[:MOST_ROWS]:
            steps = max(trial.intermediate_values)
            values = [_short(trial.params[name]) for name in self.search.space]
            table.add_row(str(trial.number), f"{steps:,}", number(trial.intermediate_values[steps]), *values)
        return table


def _short(value: object) -> str:
    return number(value) if isinstance(value, float) else as_text(value)
