"""A Ray cluster: tasks on as many machines as it has."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

from rlzoo.contracts import Component, Ended, Event, Executor, Failed, Message, Meta, Stop, Work, WorkerLost
from rlzoo.contracts.errors import BadInput, RunFailed

SECONDS_BETWEEN_LOOKS = 0.1
"""Between checks of the stop request, while no task sends anything."""
QUIET: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}


@dataclass(frozen=True)
class Ray(Component):
    """Tasks on a Ray cluster, one core each (Moritz et al., 2018); the extra `ray` installs it."""

    address: Annotated[str, Meta(description="address of the cluster, such as `10.0.0.1:6379`; none to start one")] | (
        None
    ) = None
    workers: Annotated[int, Meta(ge=1, description="tasks at once; none for one per core of the cluster")] | (
        None
    ) = None

    def build(self) -> Executor:
        """Build the executor and connect. Raises BadInput if Ray is not installed or the cluster cannot be reached."""
        try:
            import ray
        except ImportError:
            raise BadInput("`ray` is not installed: pip install 'rlzoo-lanes[ray]'") from None
        try:
            _check_reachable(self.address)
            if self.address is None:
                _start(self.workers)
            else:
                ray.init(address=self.address, **QUIET)
        except Exception as error:  # Ray raises bare ones, too
            place = "started here" if self.address is None else f"reached at `{self.address}`"
            raise BadInput(f"no Ray cluster could be {place}: {error}") from error
        return RayTasks(self.workers or int(ray.cluster_resources().get("CPU", 1)))


def _start(cores: int | None) -> None:
    """Start a cluster on this machine: without "local", Ray would join any that it finds."""
    import ray

    start = partial(ray.init, address="local", num_cpus=cores, include_dashboard=False, **QUIET)
    try:
        start()
    except Exception:  # Ray waits 30 seconds, and its first start on a busy machine may take longer
        if ray.is_initialized():
            raise  # this process was connected before, by its caller
        ray.shutdown()
        start()


def _check_reachable(address: str | None) -> None:
    """Raise OSError if nothing listens at `host:port`: Ray itself tries for minutes."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=10).close()


class RayTasks(Executor):
    """Each job is a task that streams its messages; machines share nothing else."""

    shares_files: ClassVar[bool] = False

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(self, work: Work, jobs: Sequence[Any], stop: Stop) -> Iterator[Event]:
        """Do the jobs on free cores of the cluster. Tasks are cancelled when a stop is requested."""
        import ray

        # A lost task is reported, not retried by Ray, which would repeat its messages.
        task = ray.remote(num_cpus=1, max_retries=0)(_serve)
        waiting, working = list(enumerate(jobs))[::-1], dict[Any, int]()
        try:
            while working or waiting:
                while waiting and len(working) < self.workers:
                    place, job = waiting.pop()
                    working[task.remote(work, job)] = place
                ready, _ = ray.wait(list(working), num_returns=1, timeout=SECONDS_BETWEEN_LOOKS)
                for stream in ready:
                    event = _receive(stream, working[stream])
                    yield event
                    if not isinstance(event, Message):
                        del working[stream]
                if stop.requested:
                    return
        finally:
            for stream in working if ray.is_initialized() else ():  # or else Ray would start a cluster
                with contextlib.suppress(Exception):
                    ray.cancel(stream, force=True)


def _serve(work: Work, job: Any) -> Iterator[Any]:
    yield from work(job, Stop())


def _receive(stream: Any, place: int) -> Event:
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        return Message(place, ray.get(next(stream)))
    except StopIteration:
        return Ended(place)
    except RayTaskError as error:
        cause = error.cause
        return Failed(place, cause if isinstance(cause, Exception) else RunFailed(str(error)))
    except RayError as error:
        return Failed(place, WorkerLost(f"a Ray worker was lost ({str(error).splitlines()[0]})"))
