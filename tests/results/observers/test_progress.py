from __future__ import annotations

import io
import time

import pytest
from rich.console import Console
from test_progress_summary import come, ended, make_run

from rlzoo.contracts import Log, Run
from rlzoo.results.observers.progress import LivePanel, LogLines, Progress


@pytest.fixture
def run() -> Run:
    return make_run([0, 1], 50, steps=100)


def console(terminal: bool) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=terminal, width=100, highlight=False), text


def test_lines_are_few_whole_and_for_a_log(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    observer, counts, run.counts = Progress(seconds=1000).build(), run.counts, {}
    observer.start(run)
    run.counts = counts
    for step in range(20):
        observer.log(run, Log([0, 1], step, 0, ended(0, 4.0), {0: {"loss": 0.5}}))
    run.status = "finished"
    observer.finish(run)
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second, third = captured.err.splitlines()
    assert first == "dqn on CartPole-v1, 2 seeds, in runs/x"
    assert second.startswith("steps 100 of 200 (50%); speed ")
    assert second.endswith("; return 4.0, last 100 episodes; loss 0.5")
    assert third == "finished after 0:00:00"


def test_lines_come_as_often_as_asked(run: Run) -> None:
    to, text = console(terminal=False)
    observer = LogLines(to, seconds=0)
    observer.start(run)
    for step in range(5):
        observer.log(run, Log([0, 1], step, 0, []))
    assert len(text.getvalue().splitlines()) == 1 + 5


def test_the_panel_moves_by_itself_and_goes_at_the_end(run: Run) -> None:
    to, text = console(terminal=True)
    observer = LivePanel(to)
    observer.start(run)
    observer.log(run, Log([0, 1], 50, 0, ended(0, 4.0)))
    time.sleep(0.4)
    shown = text.getvalue()
    assert "dqn on CartPole-v1, 2 seeds" in shown
    assert "100 of 200 (50%)" in shown
    come(run, 75)
    time.sleep(0.4)
    assert "150 of 200 (75%)" in text.getvalue()
    observer.finish(run)
    assert text.getvalue().endswith("\x1b[2K")  # the last line of the panel is erased


@pytest.mark.parametrize(("widgets", "kind"), [(True, LivePanel), (False, LogLines)])
def test_a_notebook_shows_the_panel_if_it_can_redraw(
    monkeypatch: pytest.MonkeyPatch, widgets: bool, kind: type, capsys: pytest.CaptureFixture[str], run: Run
) -> None:
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("rlzoo.results.observers.progress.find_spec", lambda _: object() if widgets else None)
    observer = Progress().build()
    assert type(observer) is kind
    if not widgets:
        observer.start(run)
        assert capsys.readouterr().err == "dqn on CartPole-v1, 2 seeds, in runs/x\n"


@pytest.mark.parametrize(("terminal", "kind"), [("1", LivePanel), ("0", LogLines)])
def test_a_panel_is_for_terminals(monkeypatch: pytest.MonkeyPatch, terminal: str, kind: type) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert type(Progress().build()) is kind


def test_the_panel_is_no_wider_than_the_terminal(run: Run) -> None:
    for width, lines in ((100, 72), (50, 50)):
        to = Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False)
        observer = LivePanel(to)
        observer.start(run)
        observer.finish(run)
        panel = observer._panel()
        assert panel.width == lines
