"""Keeping what a run says: its observers and its manifest, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rlzoo.report import Observer, Report, Run
from rlzoo.run_folder import write_manifest


@contextmanager
def recorded(run: Run, observers: Sequence[Observer]) -> Iterator[None]:
    """Start the observers of a run whose folder is there, and finish each that has started, however it ends."""
    write_manifest(run)
    with ExitStack() as finishing, _ending(run):
        for observer in observers:
            observer.start(run)
            finishing.callback(observer.finish, run)
        yield


def tell(run: Run, report: Report, observers: Sequence[Observer]) -> None:
    """Hand a report to the run and its observers."""
    run.take(report)
    for observer in observers:
        observer.report(run, report)


@contextmanager
def _ending(run: Run) -> Iterator[None]:
    """Record how it ends: in the run, for its observers, and in the manifest."""
    try:
        yield
        run.status = "finished"
    except KeyboardInterrupt:
        run.status = "interrupted"
        raise
    except BaseException as error:
        run.status, run.error = "failed", f"{type(error).__name__}: {error}"
        error.add_note(f"Everything so far is in `{run.path}`.")
        raise
    finally:
        write_manifest(run)
