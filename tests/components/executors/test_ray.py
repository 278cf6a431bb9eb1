from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlzoo.components.executors.ray import Ray
from rlzoo.contracts import Ended, Executor, Failed, Message, Stop, WorkerLost
from rlzoo.contracts.errors import BadInput

from support import jobs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    """A cluster on this machine, whose workers find the work."""
    ray = pytest.importorskip("ray")
    here = str(Path(jobs.__file__).parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join([here, *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    ray.shutdown()  # of whatever an earlier test has left
    yield Ray(workers=3).build()
    ray.shutdown()


def test_every_job_tells_its_story_in_order(executor: Executor) -> None:
    assert executor.workers == 3
    events = list(executor.run(jobs.count, [3, 0, 5, 1, 4], Stop()))
    for place, job in enumerate([3, 0, 5, 1, 4]):
        own = [event for event in events if event.job == place]
        assert own == [*(Message(place, (job, number)) for number in range(job)), Ended(place)]


def test_a_job_that_fails_or_loses_its_worker_leaves_the_others_alone(executor: Executor) -> None:
    events = list(executor.run(jobs.misbehave, ["raise", "die", "fine"], Stop()))
    ends = {event.job: event for event in events if not isinstance(event, Message)}
    raised, lost = ends[0], ends[1]
    assert isinstance(raised, Failed)
    assert type(raised.error) is BadInput
    assert str(raised.error) == "no such thing"
    assert isinstance(lost, Failed)
    assert isinstance(lost.error, WorkerLost)
    assert ends[2] == Ended(2)


def test_asked_to_stop_it_returns(executor: Executor) -> None:
    stop = Stop()
    told = []
    for event in executor.run(jobs.linger, ["a", "b"], stop):
        told.append(event)
        stop.request()
    assert len(told) == 1


def building(ray: str) -> subprocess.CompletedProcess[str]:
    """Builds an executor in another process, which prints how many workers it has."""
    command = f"from rlzoo.components.executors.ray import Ray; print(Ray({ray}).build().workers)"
    return subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)


def test_without_an_address_it_joins_no_cluster_that_happens_to_run_here(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.setenv("RAY_ADDRESS", ray.get_runtime_context().gcs_address)
    child = building("workers=1")
    assert (child.stdout, child.returncode) == ("1\n", 0), child.stderr


def test_a_cluster_that_was_slow_to_start_is_started_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    failures = [Exception("the node timed out during startup")]
    starts = []

    def init(**settings: object) -> None:
        starts.append(settings["address"])
        if failures:
            raise failures.pop()

    connected = False
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "is_initialized", lambda: connected)
    monkeypatch.setattr(ray, "shutdown", lambda: starts.append("shutdown"))
    assert Ray(workers=3).build().workers == 3
    assert starts == ["local", "shutdown", "local"]
    failures.extend([Exception("still too slow"), Exception("too slow")])
    with pytest.raises(BadInput, match="no Ray cluster could be started here: still too slow"):
        Ray(workers=3).build()
    connected = True
    starts.clear()
    failures.append(Exception("called twice"))
    with pytest.raises(BadInput, match="called twice"):
        Ray(workers=3).build()
    assert starts == ["local"]  # what the caller is connected to is left alone


def test_a_cluster_that_is_not_there_is_named() -> None:
    child = building("address='127.0.0.1:1'")
    assert BadInput.__name__ in child.stderr
    assert "no Ray cluster could be reached at `127.0.0.1:1`" in child.stderr
