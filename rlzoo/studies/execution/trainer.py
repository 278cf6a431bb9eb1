"""Trains whatever is missing from a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Protocol

from rlzoo.components.executors.signals import on_interrupt
from rlzoo.contracts import (
    CheckpointTimes,
    Composition,
    Ended,
    Event,
    Executor,
    Failed,
    Log,
    Message,
    Run,
    Stop,
    WorkerLost,
)
from rlzoo.contracts.errors import NotRepeatable
from rlzoo.registry.catalog import Catalog
from rlzoo.results.checkpoints import CheckpointFolder
from rlzoo.results.observers.checkpoint import Checkpoints
from rlzoo.results.observers.csv import CSV
from rlzoo.results.observers.weights import Weights
from rlzoo.results.recording import Recording
from rlzoo.results.run_folder import make_folder
from rlzoo.studies.design.designer import compose_cell
from rlzoo.studies.execution.leftovers import Leftovers
from rlzoo.studies.execution.programs import programs_of
from rlzoo.studies.execution.study import FAILED, PART, Study, Task
from rlzoo.training.groups import Group, groups_of, join, train_group

TOGETHER, ALONE, LAST_ATTEMPT = 0, 1, 2
"""Attempts at a trial: with others in one program, by itself, and one seed at a time."""


class StudyObserver(Protocol):
    """Receives the progress of a study."""

    def start(self, tasks: Sequence[Task], runs: Sequence[Run]) -> None:
        """Called before these tasks train, each with its run."""
        ...

    def update(self, task: Task, run: Run) -> None:
        """Called when a run has advanced."""
        ...

    def finish(self, task: Task, run: Run) -> None:
        """Called when a run is over; `run.status` says how, `run.error` why it failed."""
        ...

    def close(self) -> None:
        """Called once, when nothing more will train."""
        ...


@dataclass(frozen=True)
class StudyTrainer:
    """Trains the missing trials of a study on an executor."""

    study: Study
    catalog: Catalog
    executor: Executor
    device: str
    observer: StudyObserver
    checkpoints: CheckpointTimes
    """When trials take checkpoints. Those of finished trials are kept if there is one `at_end`."""
    shorter: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    """Cell to the folders of finished runs that it continues: shorter ones of the same settings."""
    _found: dict[tuple[str, str, bool], Leftovers] = field(default_factory=dict, init=False)
    """What has been read of unfinished trials; they change when some have trained."""

    def train_missing(self) -> None:
        """Train all missing trials; those that fail are recorded, and the others continue.

        Trials that differ only in settings per lane train together. A failed trial is repeated by itself, and then one
        seed at a time, so a seed that cannot train does not affect the others, and a lost worker only costs time.
        Raises KeyboardInterrupt if the study was asked to stop; finished trials are kept.
        """
        stop = Stop()
        with on_interrupt(stop.request):
            failed = self._train(self._programs(), stop)
            again = [replace(task, attempt=ALONE) for task in failed if task.attempt == TOGETHER]
            failed = [task for task in failed if task.attempt == ALONE]
            failed += self._train([[task] for task in self._able_to_continue(again)], stop)
            last = [replace(task, seeds=[seed], attempt=LAST_ATTEMPT) for task in failed for seed in task.seeds]
            self._train([[task] for task in last], stop)
        self.study.forget_left()
        if stop.requested:
            raise KeyboardInterrupt

    def _programs(self) -> list[list[Task]]:
        """The tasks of each program."""
        tasks = self._tasks()
        programs = programs_of([self._group(task) for task in tasks], self.executor.workers)
        attempts = [ALONE if len(program) == 1 else TOGETHER for program in programs]
        return [
            [replace(tasks[place], attempt=attempt) for place in program]
            for program, attempt in zip(programs, attempts, strict=True)
        ]

    def _tasks(self) -> list[Task]:
        """What is missing or failed before, with seeds that cannot share a clock in separate tasks."""
        self.study.forget_failures()
        return [
            replace(task, seeds=seeds)
            for task in self._able_to_continue(self.study.missing(self.executor.workers))
            for seeds in groups_of(self._composition(task), task.seeds)
        ]

    def _able_to_continue(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks, with seeds that were stopped at different steps in separate ones."""
        return [replace(task, seeds=seeds) for task in tasks for seeds in self._leftovers(task).alike(task.seeds)]

    def _leftovers(self, task: Task) -> Leftovers:
        key = task.cell.name, task.environment, task.afresh
        if key not in self._found:
            left = self.study.left(task.cell.name, task.environment)
            folders = [] if task.afresh else [*left, *self.shorter.get(task.cell.name, ())]
            self._found[key] = Leftovers(folders, self._composition(task), self.catalog, self.device)
        return self._found[key]

    def _train(self, programs: Sequence[Sequence[Task]], stop: Stop) -> list[Task]:
        """Train the tasks of these programs and return those that failed."""
        if not programs or stop.requested:
            return []
        recorders = [[self._recorder(task) for task in tasks] for tasks in programs]
        everyone = list(chain(*recorders))
        self.observer.start([recorder.task for recorder in everyone], [recorder.run for recorder in everyone])
        try:
            jobs = [join([recorder.group for recorder in program]) for program in recorders]
            for event in self.executor.run(train_group, jobs, stop):
                self._handle(recorders[event.job], event, stop)
        finally:
            for recorder in everyone:
                recorder.leave()
            self._found.clear()
        return [recorder.task for recorder in everyone if recorder.run.status == "failed"]

    def _handle(self, program: Sequence[_TrialRecorder], event: Event, stop: Stop) -> None:
        match event:
            case Message(_, log):
                recorder = program[log.variant]
                recorder.log(log)
                self.observer.update(recorder.task, recorder.run)
            case Ended():
                for recorder in program:
                    recorder.end(stop)
                    self.observer.finish(recorder.task, recorder.run)
            case Failed(_, error):
                for recorder in program:
                    recorder.fail(error)
                    self.observer.finish(recorder.task, recorder.run)

    def _recorder(self, task: Task) -> _TrialRecorder:
        return _TrialRecorder(self.study, task, self._group(task), self._leftovers(task))

    def _group(self, task: Task) -> Group:
        leftovers = self._leftovers(task)
        return Group(
            self._composition(task),
            list(task.seeds),
            self.device,
            checkpoints=[self.checkpoints],
            begins_at=leftovers.step(task.seeds[0]),
            resumed=leftovers.readers(task.seeds, here=not self.executor.shares_files),
        )

    def _composition(self, task: Task) -> Composition:
        return compose_cell(self.catalog, task.cell, task.environment)


class _TrialRecorder:
    """Records a trial in a temporary folder that is renamed once the trial is finished."""

    def __init__(self, study: Study, task: Task, group: Group, leftovers: Leftovers) -> None:
        self.study, self.task, self.group, self.leftovers = study, task, group, leftovers
        self.run = Run(
            composition=group.composition,
            seeds=group.seeds,
            path=study.place(task, PART),
            device=group.device,
            command=study.plan.command,
            counts=leftovers.counts(task.seeds),
            resumed=leftovers.history(study.plan.command, task.seeds),
        )
        self._recording = Recording(self.run, [CSV().build(), Weights().build(), Checkpoints().build()])
        self._started = False

    def log(self, log: Log) -> None:
        self._start()
        self._recording.log(log)

    def end(self, stop: Stop) -> None:
        """Finish the trial, unless it was stopped before its end."""
        finished = self.run.done == 1 and not self.run.stopped
        if not finished and not stop.requested:
            self.fail(WorkerLost("the worker ended before the trial was finished"))
            return
        self._start()  # it may have been stopped before it said anything
        self._recording.finish("finished" if finished else "interrupted")
        if finished:
            if not any(times.at_end for times in self.group.checkpoints):
                CheckpointFolder(self.run.path).delete()
            self._rename(self.study.place(self.task))

    def fail(self, error: Exception) -> None:
        """Record the failure; kept after the last attempt, discarded if the trial will be repeated."""
        self._start()
        self.task = replace(self.task, afresh=isinstance(error, NotRepeatable))
        self._recording.finish("failed", error)
        if self.task.attempt == LAST_ATTEMPT:
            self._rename(self.study.place(self.task, FAILED))

    def leave(self) -> None:
        """Set the temporary folder aside, if there is one: the trial is not finished."""
        if self.run.path.exists():
            self.study.set_aside(self.run.path)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            make_folder(self.run.path)
            self.leftovers.adopt(self.task.seeds, self.run.path)
            self._recording.start()

    def _rename(self, path: Path) -> None:
        self.run.path.rename(path)
