from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rlzoo.components.executors import local
from rlzoo.components.executors.in_process import InProcess
from rlzoo.components.executors.local import Local, Processes, cores, enough_workers
from rlzoo.contracts import Ended, Event, Executor, Failed, Message, Stop, Work, WorkerLost
from rlzoo.contracts.errors import BadInput, RunFailed

from support import jobs
from support.processes import started

EXECUTORS = [InProcess(), Processes(2), Processes(3)]


def run(executor: Executor, work: Work, of: Sequence[Any], stop: Stop | None = None) -> list[Event]:
    return list(executor.run(work, of, stop or Stop()))


def own(events: Sequence[Event], job: int) -> list[Event]:
    return [event for event in events if event.job == job]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_job_tells_its_story_in_order_whoever_does_it(executor: Executor) -> None:
    events = run(executor, jobs.count, [3, 0, 5, 1, 4])
    for place, job in enumerate([3, 0, 5, 1, 4]):
        assert own(events, place) == [*(Message(place, (job, number)) for number in range(job)), Ended(place)]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_job_that_fails_says_why_and_the_others_go_on(executor: Executor) -> None:
    events = run(executor, jobs.misbehave, ["raise", "fine"])
    told, failed = own(events, 0)
    assert told == Message(0, "raise")
    assert isinstance(failed, Failed)
    assert type(failed.error) is BadInput
    assert str(failed.error) == "no such thing"
    assert own(events, 1) == [Message(1, "fine"), Message(1, "fine"), Ended(1)]


def test_the_traceback_of_another_process_is_kept() -> None:
    failed = run(Processes(2), jobs.misbehave, ["raise"])[-1]
    assert isinstance(failed, Failed)
    assert "in misbehave" in str(failed.error.__cause__)


def test_an_error_that_cannot_be_sent_comes_as_text() -> None:
    failed = run(Processes(2), jobs.misbehave, ["raise oddly"])[-1]
    assert isinstance(failed, Failed)
    assert type(failed.error) is RunFailed
    assert str(failed.error) == "OddError: odd"


def test_a_worker_that_is_killed_is_lost_and_takes_nothing_along() -> None:
    events = run(Processes(2), jobs.misbehave, ["die", "fine", "fine"])
    failed = own(events, 0)[-1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, WorkerLost)
    assert str(failed.error) == "a worker process was lost (killed by signal 9)"
    assert [own(events, job)[-1] for job in (1, 2)] == [Ended(1), Ended(2)]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_asked_to_stop_the_running_end_in_order_and_the_waiting_never_begin(executor: Executor) -> None:
    stop, events = Stop(), []
    for event in executor.run(jobs.linger, ["a", "b", "c", "d"], stop):
        events.append(event)
        if sum(isinstance(event, Message) for event in events) == executor.workers:
            stop.request()
    running = "abcd"[: executor.workers]
    told = [event.content for event in events if isinstance(event, Message)]
    assert sorted(told) == sorted(["begun"] * len(running) + [f"{name} stopped" for name in running])
    assert {event.job for event in events if isinstance(event, Ended)} == set(range(len(running)))


def test_a_worker_that_is_asked_to_stop_before_it_begins_has_ended() -> None:
    stop, events = Stop(), []
    for event in Processes(2).run(jobs.linger, ["a", jobs.LateToArrive()], stop):
        events.append(event)
        stop.request()
    assert own(events, 0) == [Message(0, "begun"), Message(0, "a stopped"), Ended(0)]
    assert own(events, 1) == [Ended(1)]


def test_a_worker_that_somebody_else_tells_to_end_is_lost() -> None:
    events, ended = [], False
    for event in Processes(2).run(jobs.linger, ["a"], Stop()):
        events.append(event)
        if not ended:
            ended = True
            (child,) = multiprocessing.active_children()
            child.terminate()
    assert isinstance(events[-1], Failed)
    assert str(events[-1].error) == "a worker process was terminated"


def test_a_worker_killed_in_the_middle_of_a_message_is_lost() -> None:
    events = Processes(2).run(jobs.shout, ["a"], Stop())
    assert isinstance(next(events), Message)
    time.sleep(0.5)  # the line is full by now
    (child,) = multiprocessing.active_children()
    child.kill()
    (failed,) = events
    assert isinstance(failed, Failed)
    assert str(failed.error) == "a worker process was lost (killed by signal 9)"


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_goes_to_all_processes_and_still_ends_all_in_order() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from support import jobs\n"
        "from rlzoo.contracts import Stop, Message\n"
        "from rlzoo.components.executors.local import Processes\n"
        "from rlzoo.components.executors.signals import on_interrupt\n"
        "stop = Stop()\n"
        "with on_interrupt(stop.request):\n"
        "    for event in Processes(2).run(jobs.linger, ['a', 'b'], stop):\n"
        "        print(event.content if isinstance(event, Message) else event, flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(Path(jobs.__file__).parents[1])]
    with started(command) as own:
        assert own.stdout is not None
        assert [own.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
        os.killpg(own.pid, signal.SIGINT)
        said, complaints = own.communicate(timeout=30)
    assert sorted(said.splitlines()) == ["Ended(job=0)", "Ended(job=1)", "a stopped", "b stopped"]
    assert (own.returncode, complaints) == (0, "")


def test_a_worker_that_does_not_end_after_its_job_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "SECONDS_TO_END", 0.2)
    assert run(Processes(2), jobs.hang_around, ["a"])[-1] == Ended(0)


def test_where_nobody_listens_workers_are_ended() -> None:
    events = Processes(2).run(jobs.process, [0], Stop())
    (told,) = [next(events)]
    assert isinstance(told, Message)
    events.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(told.content, 0)


def test_jobs_have_processes_of_their_own() -> None:
    told = {event.content for event in run(Processes(2), jobs.process, range(4)) if isinstance(event, Message)}
    assert len(told) == 4
    assert os.getpid() not in told


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(BadInput, match="cannot be sent to other processes"):
        run(Processes(2), jobs.count, [lambda: None])


def test_one_worker_is_this_process() -> None:
    assert isinstance(Local(workers=1).build(), InProcess)
    assert Local(workers=3).build().workers == 3
    assert Local().build().workers == cores()


@pytest.mark.parametrize(
    ("steps", "seeds", "workers"), [(10_000, 4, 1), (12_500, 4, 2), (1_000_000, 10, 201), (None, 3, 1_000)]
)
def test_a_short_run_is_not_split(monkeypatch: pytest.MonkeyPatch, steps: int | None, seeds: int, workers: int) -> None:
    monkeypatch.setattr(local, "cores", lambda: 1_000)
    assert enough_workers(steps, seeds) == workers


EARLY_START = """
import sys, time
from multiprocessing import forkserver
from rlzoo.cli import run

run._expect_workers(*eval(sys.argv[1]))
print("torch" in sys.modules, forkserver._forkserver._forkserver_pid is not None)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a fork server")
@pytest.mark.parametrize(
    ("workers", "steps", "seeds", "started"),
    [(2, 100, 2, True), (None, 1_000_000, 1, False), (1, 1_000_000, 10, False), (None, 100, 10, False)],
)
def test_the_server_of_workers_starts_early_if_several_are_expected(
    workers: int | None, steps: int, seeds: int, started: bool
) -> None:
    command = [sys.executable, "-c", EARLY_START, repr((workers, steps, seeds))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", str(started)]
