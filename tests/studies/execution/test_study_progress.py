from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from rlzoo.contracts import Run
from rlzoo.studies.design.designer import Designer, compose_cell
from rlzoo.studies.design.question import Question
from rlzoo.studies.execution.progress import StudyBars, StudyLines, StudyTotals, study_progress
from rlzoo.studies.execution.study import Task

from support.tiny import CATALOG

ENVIRONMENT = "rlzoo-tests/Counting-v0"


def task_and_run(path: Path) -> tuple[Task, Run]:
    question = Question(env=[ENVIRONMENT], vary={"target": ["hard", "none"]}, steps=100)
    cell = Designer(CATALOG, question).plan("x", [0, 1]).cells[0]
    return Task(cell, ENVIRONMENT, [0, 1]), Run(compose_cell(CATALOG, cell, ENVIRONMENT), [0, 1], path, "cpu", "")


def test_totals_are_over_all_runs(tmp_path: Path) -> None:
    _, run = task_and_run(tmp_path)
    totals = StudyTotals([run, run], now=10.0)
    assert (totals.seeds, totals.steps, totals.done, totals.finished) == (4, 0, 0, 0)
    assert totals.line(now=11.0) == "0%, 0 of 2 trials done, 0 steps/s"


def test_lines_say_what_trains_and_how_it_ended(tmp_path: Path) -> None:
    task, run = task_and_run(tmp_path)
    console = Console(record=True, width=200)
    lines = StudyLines(console)
    lines.start([task], [run])
    run.status, run.error = "failed", "the cable is loose"
    lines.finish(task, run)
    lines.close()
    assert console.export_text().splitlines() == [
        "1 trial, 2 seeds to train",
        f"target=hard on {ENVIRONMENT}, seeds 0 to 1: failed: the cable is loose; repeating it one seed at a time",
    ]


@pytest.mark.parametrize(("notebook", "kind"), [(True, StudyBars), (False, StudyLines)])
def test_a_notebook_has_bars_and_a_log_file_lines(
    monkeypatch: pytest.MonkeyPatch, notebook: bool, kind: type[object]
) -> None:
    monkeypatch.setattr("rich.console._is_jupyter", lambda: notebook)
    assert isinstance(study_progress(quiet=False), kind)
