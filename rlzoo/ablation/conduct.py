"""Training what a study still misses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rlzoo.ablation.designs import compose_cell
from rlzoo.ablation.study import FAILED, PART, Study, Task
from rlzoo.catalog import Catalog
from rlzoo.execution import Ended, Executor, Failed, Told
from rlzoo.interruption import Stop, on_interrupt
from rlzoo.observers.csv import CSV
from rlzoo.observers.weights import Weights
from rlzoo.recording import Recording
from rlzoo.report import Report, Run
from rlzoo.run_folder import make_folder
from rlzoo.training import Group, train_group


class Audience(Protocol):
    """Who hears how a study goes on."""

    def begin(self, tasks: Sequence[Task], runs: Sequence[Run]) -> None:
        """These tasks begin, each with its run."""
        ...

    def moved(self, task: Task, run: Run) -> None:
        """A run has come further."""
        ...

    def ended(self, task: Task, run: Run) -> None:
        """A run is over; `run.status` says how, and `run.error` why it failed."""
        ...


def conduct(study: Study, catalog: Catalog, executor: Executor, device: str, audience: Audience) -> None:
    """Train all that is missing. What fails is kept as failed, and the rest goes on.

    A unit that fails is tried again, each seed alone: so one that cannot train costs the others nothing, and a lost
    worker costs time only. Raises KeyboardInterrupt after the study was asked to stop; whole units are kept.
    """
    stop = Stop()
    with on_interrupt(stop.request):
        failed = _train(study, study.missing(executor.workers), catalog, executor, device, audience, stop, keep=False)
        alone = [Task(task.cell, task.environment, [seed]) for task in failed for seed in task.seeds]
        _train(study, alone, catalog, executor, device, audience, stop, keep=True)
    if stop.requested:
        raise KeyboardInterrupt


def _train(
    study: Study,
    tasks: Sequence[Task],
    catalog: Catalog,
    executor: Executor,
    device: str,
    audience: Audience,
    stop: Stop,
    keep: bool,
) -> list[Task]:
    """Train these tasks and return those that failed; what there is of them is kept if asked for."""
    if not tasks or stop.requested:
        return []
    units = [_UnitRecord(study, task, catalog, device, keep) for task in tasks]
    audience.begin(tasks, [unit.run for unit in units])
    failed = []
    with _put_away(units):
        for event in executor.run(train_group, [unit.group for unit in units], stop):
            unit = units[event.job]
            match event:
                case Told(_, report):
                    unit.tell(report)
                    audience.moved(unit.task, unit.run)
                    continue
                case Ended():
                    unit.end(stop)
                case Failed(_, error):
                    unit.fail(error)
                    failed.append(unit.task)
            audience.ended(unit.task, unit.run)
    return failed


@contextmanager
def _put_away(units: Sequence[_UnitRecord]) -> Iterator[None]:
    """Whatever happens, no unit stays half trained."""
    try:
        yield
    finally:
        for unit in units:
            unit.discard()


class _UnitRecord:
    """A unit that is being trained: its run, and a folder that gets the unit's name only once it is whole."""

    def __init__(self, study: Study, task: Task, catalog: Catalog, device: str, keep: bool) -> None:
        self.study, self.task, self.keep = study, task, keep
        composition = compose_cell(catalog, task.cell, task.environment)
        self.group = Group(composition, list(task.seeds), device)
        self.run = Run(composition, list(task.seeds), study.place(task, PART), device, study.plan.command)
        self._recording = Recording(self.run, [CSV().build(), Weights().build()])
        self._begun = False

    def tell(self, report: Report) -> None:
        self._begin()
        self._recording.tell(report)

    def end(self, stop: Stop) -> None:
        """It is over, and whole unless it was stopped before its end."""
        whole = self.run.done == 1
        assert whole or stop.requested
        self._recording.finish("finished" if whole else "interrupted")
        if whole:
            self._name(self.study.place(self.task))

    def fail(self, error: Exception) -> None:
        """It failed. What there is of it is kept as failed, or thrown away where it will be tried again."""
        self._begin()
        self._recording.finish("failed", error)
        if self.keep:
            self._name(self.study.place(self.task, FAILED))

    def discard(self) -> None:
        """Throw away what has no name."""
        shutil.rmtree(self.run.path, ignore_errors=True)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            make_folder(self.run.path)
            self._recording.start()

    def _name(self, path: Path) -> None:
        self.run.path.rename(path)
