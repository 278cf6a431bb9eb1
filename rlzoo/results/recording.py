"""Recording a run: its observers and its manifest, however the run ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rlzoo.contracts import Log, Observer, Run, Status
from rlzoo.contracts.errors import noted
from rlzoo.results.run_folder import write_manifest


class Recording:
    """A run whose folder exists, and its observers."""

    def __init__(self, run: Run, observers: Sequence[Observer]) -> None:
        self.run, self.observers = run, observers
        self._finishing = ExitStack()

    def start(self) -> None:
        """Write the manifest and start the observers."""
        write_manifest(self.run)
        for observer in self.observers:
            with noted(_raised_by(observer)):
                observer.start(self.run)
            self._finishing.callback(self._finish, observer)

    def log(self, log: Log) -> None:
        """Pass a log to the run and its observers."""
        self.run.take(log)
        for observer in self.observers:
            with noted(_raised_by(observer)):
                observer.log(self.run, log)

    def finish(self, status: Status, error: BaseException | None = None) -> None:
        """Write the final status to the manifest, and finish every observer that has started."""
        self.run.status = status
        self.run.error = "" if error is None else f"{type(error).__name__}: {error}"
        write_manifest(self.run)
        self._finishing.close()

    def _finish(self, observer: Observer) -> None:
        with noted(_raised_by(observer)):
            observer.finish(self.run)


def _raised_by(observer: Observer) -> str:
    cls = type(observer)
    return f"It was raised by the observer `{cls.__module__}.{cls.__qualname__}`."


@contextmanager
def recorded(run: Run, observers: Sequence[Observer]) -> Iterator[Recording]:
    """Record the run inside, until it finishes, is interrupted or fails."""
    recording = Recording(run, observers)
    try:
        recording.start()
        yield recording
    except KeyboardInterrupt:
        recording.finish("interrupted")
        raise
    except BaseException as error:
        error.add_note(f"Results up to then are in `{run.path}`.")
        recording.finish("failed", error)
        raise
    else:
        recording.finish("finished")
