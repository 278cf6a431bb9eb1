"""Training what a study still misses."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from rlzoo.components.executors.signals import on_interrupt
from rlzoo.contracts import Ended, Event, Executor, Failed, Log, Message, Run, Stop, WorkerLost
from rlzoo.registry.catalog import Catalog
from rlzoo.results.observers.csv import CSV
from rlzoo.results.observers.weights import Weights
from rlzoo.results.recording import Recording
from rlzoo.results.run_folder import make_folder
from rlzoo.studies.design.designer import compose_cell
from rlzoo.studies.execution.study import FAILED, PART, Study, Task
from rlzoo.training.groups import Group, groups_of, train_group

LAST_ATTEMPT = 2


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


@dataclass(frozen=True)
class Conductor:
    """Trains the units of a study, wherever an executor does work."""

    study: Study
    catalog: Catalog
    executor: Executor
    device: str
    audience: Audience

    def train_missing(self) -> None:
        """Train all that is missing. What fails is kept as failed, and the rest goes on.

        A unit that fails is tried again, each seed alone: so one that cannot train costs the others nothing, and a
        lost worker costs time only. Raises KeyboardInterrupt after the study was asked to stop; whole units are kept.
        """
        stop = Stop()
        with on_interrupt(stop.request):
            failed = self._train(self._tasks(), stop)
            self._train(
                [replace(task, seeds=[seed], attempt=LAST_ATTEMPT) for task in failed for seed in task.seeds], stop
            )
        if stop.requested:
            raise KeyboardInterrupt

    def _tasks(self) -> list[Task]:
        """What is missing, what failed before too; seeds that cannot share a clock apart."""
        self.study.forget_failures()
        return [
            replace(task, seeds=seeds)
            for task in self.study.missing(self.executor.workers)
            for seeds in groups_of(self._group(task).composition, task.seeds)
        ]

    def _train(self, tasks: Sequence[Task], stop: Stop) -> list[Task]:
        """Train these and return those that failed."""
        if not tasks or stop.requested:
            return []
        units = [_UnitRecord(self.study, task, self._group(task)) for task in tasks]
        self.audience.begin(tasks, [unit.run for unit in units])
        try:
            for event in self.executor.run(train_group, [unit.group for unit in units], stop):
                self._take(units[event.job], event, stop)
        finally:
            for unit in units:
                unit.discard()
        return [unit.task for unit in units if unit.run.status == "failed"]

    def _take(self, unit: _UnitRecord, event: Event, stop: Stop) -> None:
        match event:
            case Message(_, log):
                unit.tell(log)
                self.audience.moved(unit.task, unit.run)
            case Ended():
                unit.end(stop)
                self.audience.ended(unit.task, unit.run)
            case Failed(_, error):
                unit.fail(error)
                self.audience.ended(unit.task, unit.run)

    def _group(self, task: Task) -> Group:
        return Group(compose_cell(self.catalog, task.cell, task.environment), list(task.seeds), self.device)


class _UnitRecord:
    """A unit that is being trained: its run, and a folder that gets the unit's name only once it is whole."""

    def __init__(self, study: Study, task: Task, group: Group) -> None:
        self.study, self.task, self.group = study, task, group
        self.run = Run(group.composition, group.seeds, study.place(task, PART), group.device, study.plan.command)
        self._recording = Recording(self.run, [CSV().build(), Weights().build()])
        self._begun = False

    def tell(self, log: Log) -> None:
        self._begin()
        self._recording.log(log)

    def end(self, stop: Stop) -> None:
        """It is over, and whole unless it was stopped before its end."""
        whole = self.run.done == 1 and not self.run.stopped
        if not whole and not stop.requested:
            self.fail(WorkerLost("its worker ended before the work was done"))
            return
        self._recording.finish("finished" if whole else "interrupted")
        if whole:
            self._name(self.study.place(self.task))

    def fail(self, error: Exception) -> None:
        """It failed. What there is of it is kept as failed, or thrown away where it will be tried again."""
        self._begin()
        self._recording.finish("failed", error)
        if self.task.attempt == LAST_ATTEMPT:
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
