"""Keeping what a run says: its observers and its manifest, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rlzoo.contracts import Log, Observer, Run, Status
from rlzoo.contracts.errors import noted
from rlzoo.results.run_folder import write_manifest


class Recording:
    """A run whose folder is there, and those who watch it."""

    def __init__(self, run: Run, observers: Sequence[Observer]) -> None:
        self.run, self.observers = run, observers
        self._finishing = ExitStack()

    def start(self) -> None:
        """Write the manifest and start the observers."""
        write_manifest(self.run)
        for observer in self.observers:
            with noted(_whose(observer)):
                observer.start(self.run)
            self._finishing.callback(self._finish, observer)

    def tell(self, log: Log) -> None:
        """Hand a log to the run and its observers."""
        self.run.take(log)
        for observer in self.observers:
            with noted(_whose(observer)):
                observer.log(self.run, log)

    def finish(self, status: Status, error: BaseException | None = None) -> None:
        """Say how it ended, in the manifest and to every observer that has started."""
        self.run.status = status
        self.run.error = "" if error is None else f"{type(error).__name__}: {error}"
        write_manifest(self.run)
        self._finishing.close()

    def _finish(self, observer: Observer) -> None:
        with noted(_whose(observer)):
            observer.finish(self.run)


def _whose(observer: Observer) -> str:
    own = type(observer)
    return f"It was raised by the observer `{own.__module__}.{own.__qualname__}`."


@contextmanager
def recorded(run: Run, observers: Sequence[Observer]) -> Iterator[Recording]:
    """Record what is done inside, to its end, its interruption or its failure."""
    recording = Recording(run, observers)
    try:
        recording.start()
        yield recording
    except KeyboardInterrupt:
        recording.finish("interrupted")
        raise
    except BaseException as error:
        error.add_note(f"Everything so far is in `{run.path}`.")
        recording.finish("failed", error)
        raise
    else:
        recording.finish("finished")
