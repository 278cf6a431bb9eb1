from __future__ import annotations

import threading
from pathlib import Path

import pytest
from test_csv import make_run

from rlzoo.contracts import Log
from rlzoo.results.observers import plot

LOG = Log([3], 10, 0, [])


class Drawing:
    """Stands for drawing and for the clock: a picture takes `took` seconds."""

    def __init__(self, took: float) -> None:
        self.took, self.now, self.at = took, 0.0, list[float]()

    def draw_run(self, path: Path) -> None:
        self.at.append(self.now)
        self.now += self.took

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(("took", "expected"), [(0.1, [30, 60, 90]), (0.5, [30, 80])])
def test_it_draws_now_and_then_and_never_for_more_than_a_hundredth_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, took: float, expected: list[float]
) -> None:
    drawing = Drawing(took)
    monkeypatch.setattr(plot, "draw_run", drawing.draw_run)
    monkeypatch.setattr(plot, "time", drawing)
    run, observer = make_run(tmp_path), plot.Plot().build()
    observer.start(run)
    for second in range(100):
        drawing.now = second
        observer.log(run, LOG)
    assert drawing.at == expected
    observer.finish(run)
    assert len(drawing.at) == len(expected) + 1


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_libraries_that_cannot_be_imported_are_reported_by_drawing_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot, "LIBRARIES", ("rlzoo_missing",))
    plot.Plot().build().start(make_run(tmp_path))
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
