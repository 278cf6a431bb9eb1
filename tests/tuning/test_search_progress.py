"""What a search shows while it trains."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from rlzoo.tuning.progress import SearchProgress
from rlzoo.tuning.search import Search
from rlzoo.tuning.space import Range
from rlzoo.tuning.store import TrialStore

SEARCH = Search(
    algorithm="dqn",
    environment="CartPole-v1",
    preset=None,
    components={},
    settings={},
    space={"optimizer.lr": Range(1e-4, 1e-1, log=True)},
    trials=20,
    seeds=[0, 1],
    steps=90,
    test_seeds=[2],
    sampler="tpe",
    search_seed=0,
    pruning=True,
    command="",
)


def test_a_terminal_has_a_table_of_the_best_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr("rlzoo.tuning.progress.stderr_console", lambda *, quiet: console)
    store = TrialStore(tmp_path / "optuna.log", SEARCH.space, "tpe", 0)
    for number, (step, score) in enumerate([(90, 5.0), (30, 70.0), (90, 6.0)]):
        store.ask(number)
        store.report(number, step, score)
    store.complete(0, 5.0)
    with SearchProgress(SEARCH, store, quiet=False):
        pass
    shown = screen.getvalue()
    assert "1 of 20 trials over, best 5.000 (trial 0)" in shown
    rows = [line.split("│")[1:4] for line in shown.splitlines() if "│" in line]
    assert [row[0].strip() for row in rows[-3:]] == ["2", "0", "1"]  # those that have come furthest first
    assert [row[1].strip() for row in rows[-3:]] == ["90", "90", "30"]
