"""Processes on this machine, one job each."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Annotated, Any

from rlzoo.components.executors.garbage import collect_garbage_as_usual
from rlzoo.components.executors.in_process import InProcess
from rlzoo.components.executors.signals import stop_on_sigterm, without_interrupts
from rlzoo.contracts import Component, Ended, Event, Executor, Failed, Message, Meta, Stop, Work, WorkerLost
from rlzoo.contracts.errors import BadInput, RunFailed

PARENT = __name__.rpartition(".")[0]

STEPS_FOR_A_WORKER = 50_000
"""Environment steps, over all seeds, whose training takes a few times as long as starting a process."""

SECONDS_BETWEEN_LOOKS = 0.1
"""Between checks of the stop request, while no worker sends anything."""

SECONDS_TO_END = 10.0
"""For a worker to exit once its job is over."""


def cores() -> int:
    """The processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def enough_workers(steps: int | None, seeds: int) -> int:
    """One worker per core, but none that would spend longer starting than training; `steps` are those of a seed."""
    return cores() if steps is None else min(cores(), 1 + steps * seeds // STEPS_FOR_A_WORKER)


@dataclass(frozen=True)
class Local(Component):
    """Processes on this machine, one torch thread each."""

    workers: Annotated[int, Meta(ge=1, description="processes at once; none for one per core")] | None = None

    def build(self) -> Executor:
        """Build the executor; a single worker is the current process."""
        workers = self.workers or cores()
        return InProcess() if workers == 1 else Processes(workers)


class Processes(Executor):
    """One process per job, so that a crash affects only that job.

    They are forked from a server that has imported what they need, or else started afresh. Scripts that use several
    workers must run their code below `if __name__ == "__main__"`.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        """Do the jobs, starting them in order."""
        context = _context(work.__module__)
        waiting, working = deque(enumerate(jobs)), dict[Connection, _Worker]()
        try:
            while working or (waiting and not stop.requested):
                while waiting and len(working) < self.workers and not stop.requested:
                    worker = _Worker(context, work, *waiting.popleft())
                    working[worker.connection] = worker
                for connection in wait(list(working), SECONDS_BETWEEN_LOOKS):
                    assert isinstance(connection, Connection)
                    event = working[connection].receive(stop)
                    yield event
                    if not isinstance(event, Message):
                        working.pop(connection).join()
                if stop.requested:
                    for worker in working.values():
                        worker.ask_to_stop()
        finally:
            for worker in working.values():
                worker.kill()


class _Worker:
    """A process that does one job, and the connection on which it sends events."""

    def __init__(self, context: BaseContext, work: Work, place: int, job: Any) -> None:
        self.place, self.asked = place, False
        self.connection, theirs = context.Pipe(duplex=False)
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, work, job), daemon=True)  # type: ignore[attr-defined]
        try:
            with without_interrupts():
                self.process.start()
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise BadInput(f"this cannot be sent to other processes ({error}); use one worker") from error
        theirs.close()  # so that the connection ends with the process

    def receive(self, stop: Stop) -> Event:
        try:
            kind, content, trace = self.connection.recv()
        except (EOFError, OSError):  # between messages, or within one
            self.join()
            code = self.process.exitcode
            if self.asked and code == -signal.SIGTERM:  # it was asked to stop before it could listen, or begin
                return Ended(self.place)
            return Failed(self.place, WorkerLost(f"a worker process was lost ({_ending(code)})"))
        if kind == "failed":
            content.__cause__ = _RemoteTraceback(trace)
            return Failed(self.place, content)
        if kind == "ended" and content and not stop.requested:
            return Failed(self.place, WorkerLost("a worker process was terminated"))
        return Message(self.place, content) if kind == "message" else Ended(self.place)

    def ask_to_stop(self) -> None:
        if not self.asked:
            self.asked = True
            self.process.terminate()

    def join(self) -> None:
        """Wait for the process to exit; kill it if it does not, such as for a running thread."""
        self.connection.close()
        self.process.join(SECONDS_TO_END)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def kill(self) -> None:
        self.process.kill()
        self.join()


class _RemoteTraceback(Exception):
    """The traceback of another process, as text."""


def start_server(module: str) -> None:
    """Start the server that workers are forked from; it imports the `module` of their work meanwhile."""
    if _context(module).get_start_method() == "forkserver":
        with without_interrupts():
            forkserver.ensure_running()


def _context(module: str) -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"{PARENT}.preload", module, f"{PARENT}.warm_up"])
    return context


def _serve(connection: Connection, work: Work, job: Any) -> None:
    """Do a job and send its messages; exit if nobody receives them any more."""
    collect_garbage_as_usual()
    stop = Stop()
    stop_on_sigterm(stop.request)
    try:
        try:
            for message in work(job, stop):
                connection.send(("message", message, ""))
            connection.send(("ended", stop.requested, ""))
        except Exception as error:
            connection.send(("failed", _sendable(error), traceback.format_exc()))
    except BrokenPipeError:
        os._exit(1)


def _sendable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RunFailed(f"{type(error).__name__}: {error}")
    return error


def _ending(code: int | None) -> str:
    return f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
