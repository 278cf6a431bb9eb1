"""Recording a run: its observers and its manifest, however the run ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rlzoo.contracts import Log, Observer, Run, Status
from rlzoo.contracts.errors import noted
from rlzoo.results.files import release, reserve, shown
from rlzoo.results.run_folder import write_manifest

NOT_CONCLUDED = "The run could not be concluded either: "
"""How the note begins that a failure gets if the run's observers fail as well."""
RESERVED_BYTES = 65_536
"""Space for the last manifest on a full disk, besides that of the counts."""
RESERVED_BYTES_PER_SEED = 256

_log = logging.getLogger("rlzoo")


class Recording:
    """A run whose folder exists, and its observers."""

    def __init__(self, run: Run, observers: Sequence[Observer]) -> None:
        self.run, self.observers = run, observers
        self._finishing = ExitStack()
        self._warned = False

    def start(self) -> None:
        """Write the manifest and start the observers."""
        reserve(self.run.path, RESERVED_BYTES + RESERVED_BYTES_PER_SEED * len(self.run.seeds))
        write_manifest(self.run)
        for observer in self.observers:
            with noted(_raised_by(observer)):
                observer.start(self.run)
            self._finishing.callback(self._finish, observer)

    def log(self, log: Log) -> None:
        """Pass a log to the run and its observers."""
        self.run.take(log)
        self._warn(log)
        for observer in self.observers:
            with noted(_raised_by(observer)):
                observer.log(self.run, log)

    def _warn(self, log: Log) -> None:
        """Warn of the first remark about a seed; the table of seeds and the manifest have all of them."""
        for seed, counts in log.counts.items():
            if counts.get("remarks") and not self._warned:
                self._warned = True
                _log.warning("seed %d at step %s: %s", seed, f"{counts['steps']:,}", ", ".join(counts["remarks"]))

    def finish(self, status: Status, error: BaseException | None = None) -> None:
        """Write the final status to the manifest, and finish every observer that has started.

        A run whose observers cannot finish has failed: its results are incomplete. Until they have, the manifest names
        the process, so that one that is killed leaves no run that seems to be finished.
        """
        self._conclude(status, error, over=False)
        try:
            self._finishing.close()
            self._conclude(status, error, over=True)
        except BaseException as failure:
            self._conclude("failed" if status == "finished" else status, error or failure, over=True)
            raise
        finally:
            release(self.run.path)

    def _conclude(self, status: Status, error: BaseException | None, *, over: bool) -> None:
        self.run.status = status
        self.run.error = "" if error is None else f"{type(error).__name__}: {error}"
        try:
            write_manifest(self.run, over=over)
        except OSError:
            release(self.run.path)
            write_manifest(self.run, over=over)

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
        error.add_note(f"Results up to then are in `{shown(run.path)}`.")
        try:
            recording.finish("failed", error)
        except Exception as second:  # the first failure says more
            error.add_note(f"{NOT_CONCLUDED}{type(second).__name__}: {second}")
        raise
    else:
        recording.finish("finished")
