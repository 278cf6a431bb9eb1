from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from rlzoo.cli import main

from support import tiny  # noqa: F401  (registers the environments)
from support.processes import started

Shown = pytest.CaptureFixture[str]
SMALL = [
    *("--env", "rlzoo-tests/Counting-v0", "--steps", "90", "--set", "train.learning_starts=10"),
    *("--set", "train.batch_size=8", "--trials", "4", "--seeds", "2", "--test-seeds", "8", "--no-pruning"),
    *("--workers", "1"),  # only this process knows the tests' environments
]
SEARCH = ["--search", "optimizer.lr=1e-3..1e-1:log"]  # without the default


def tune(out: Path, *arguments: str) -> int:
    return main(["tune", "dqn", *SMALL, "--out", str(out), *arguments])


@pytest.mark.slow
def test_a_search_ends_with_both_numbers_and_the_next_command(tmp_path: Path, capsys: Shown) -> None:
    out = tmp_path / "s"
    assert tune(out, *SEARCH) == 0
    shown = capsys.readouterr()
    assert re.search(r"greedy return +in the search, 2 seeds +8 fresh seeds", shown.out)
    assert re.search(r"optimizer\.lr +0\.001\.\.0\.1:log +0\.00025 ", shown.out)
    assert "On 8 fresh seeds, the tuned settings" in shown.out
    assert f"report in {out / 'report.html'}" in shown.out
    assert "Next: `rlzoo run dqn --env rlzoo-tests/Counting-v0 --set " in shown.out
    assert "0 of 4 trials over: training 4 trials to step 90" in shown.err
    assert {"search.json", "trials.csv", "optuna.log", "report.html", "comparison"} <= {it.name for it in out.iterdir()}
    assert list(pd.read_csv(out / "trials.csv")["state"]) == ["complete"] * 4


@pytest.mark.slow
def test_quiet_is_quiet(tmp_path: Path, capsys: Shown) -> None:
    assert tune(tmp_path / "s", *SEARCH, "--quiet") == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing option '--search'"),
        (["--search", "optimizer.lr"], "is not of the form"),
        (["--search", "optimizer.lr=1e-2..1e-4"], "the lower bound must be below the upper bound"),
        (["--search", "optimizer.lr=0..1:log"], "`optimizer.lr` must be a number > 0"),
        (["--search", "target.tau=0.1..1"], "`target.tau` cannot be set"),
        ([*SEARCH, "--target", "sfot"], "unknown target `sfot`"),
        ([*SEARCH, "--trials", "0"], "`trials` must be at least 1"),
        ([*SEARCH, "--preset", "tuned"], "has no preset `tuned`"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    arguments: list[str], message: str, tmp_path: Path, capsys: Shown
) -> None:
    assert tune(tmp_path / "s", *arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_after_ctrl_c_the_same_command_goes_on(tmp_path: Path) -> None:
    options = ["--steps", "4000", "--set", "train.learning_starts=100", "--trials", "9", "--seeds", "1"]
    search = [*SEARCH, *options, "--test-seeds", "2", "--workers", "1", "-q"]
    command = [sys.executable, "-m", "rlzoo", "tune", "dqn", *search, "--out", "s"]
    with started(command, lambda: list(tmp_path.glob("s/search/trials/*/*/seed-0")), cwd=tmp_path) as process:
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "Repeat the command to continue" in error
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("s/search/trials/*/*/seed-0/manifest.json")}
    assert kept
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    whole = subprocess.run([*command[:-1], "whole"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert whole.returncode == 0, whole.stderr
    assert (tmp_path / "s" / "trials.csv").read_bytes() == (tmp_path / "whole" / "trials.csv").read_bytes()
