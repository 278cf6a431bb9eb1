from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pandas as pd
import pytest

from rlzoo.cli import main
from rlzoo.studies.execution.study import Study

from support import tiny  # noqa: F401  (registers the environments)
from support.processes import started

Shown = pytest.CaptureFixture[str]
SMALL = [
    *("--env", "rlzoo-tests/Counting-v0", "--steps", "100", "--set", "train.learning_starts=20"),
    *("--set", "train.batch_size=8", "--set", "train.log_every=50"),
    *("--workers", "1"),  # only this process knows the tests' environments
]
VARY = ["--vary", "target=hard,none"]


def ablate(out: Path, *arguments: str) -> int:
    return main(["ablate", "dqn", *SMALL, "--out", str(out), *arguments])


@pytest.mark.slow
def test_a_study_ends_with_conclusions_a_page_and_a_table(tmp_path: Path, capsys: Shown) -> None:
    assert ablate(tmp_path / "s", *VARY, "--vary", "buffer=uniform,recent", "--seeds", "5") == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == f"report in {tmp_path / 's' / 'report.html'}"
    assert "target" in captured.out
    assert "target=none, buffer=recent on rlzoo-tests/Counting-v0, seeds 0 to 4: finished" in captured.err
    assert {"report.html", "report.md", "results.csv", "study.json"} <= {
        path.name for path in (tmp_path / "s").iterdir()
    }
    results = pd.read_csv(tmp_path / "s" / "results.csv")
    assert results.groupby("cell").size().to_dict() == dict.fromkeys(results["cell"].unique(), 5)
    assert len(results) == 4 * 5


@pytest.mark.slow
def test_a_dry_run_shows_the_plan_and_trains_nothing(tmp_path: Path, capsys: Shown) -> None:
    asked = ["--vary", "target=hard,none", "--vary", "target.period=500,50", "--impossible", "skip", "--dry-run"]
    assert ablate(tmp_path / "s", *asked) == 0
    shown = capsys.readouterr().out
    assert "invalid: " in shown
    assert "2 cells to train on rlzoo-tests/Counting-v0, 10 seeds each" in shown
    assert "2,000 environment steps in total; about 0:00:0" in shown
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_a_dry_run_shows_the_seeds_that_may_be_added(tmp_path: Path, capsys: Shown) -> None:
    assert ablate(tmp_path / "s", *VARY, "--until-width", "60", "--max-seeds", "50", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "12 seeds each" in shown
    assert "more seeds (24, 48, 50 per cell) while any difference's CI is wider than 60" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "needs a factor"),
        (["--vary", "target=hard,nnoe"], "Did you mean `none`"),
        (["--vary", "target"], "is not of the form SLOT=a,b,c"),
        ([*VARY, "--design", "half"], "'half' is not one of 'full', 'one-at-a-time'"),
        ([*VARY, "--executor", "lcoal"], "Did you mean `local`"),
        ([*VARY, "--ray-address", "10.0.0.1:6379"], "address"),
        ([*VARY, "--max-seeds", "20"], "has no effect without `--until-width`"),
        ([*VARY, "--until-width", "5", "--seeds", "2"], "needs at least 12 seeds to start with, not 2"),
        ([*VARY, "--threshold", "CartPole-v1"], "is not of the form `CartPole-v1=475`"),
        ([*VARY, "--from", "nowhere.toml"], "cannot read `nowhere.toml`"),
    ],
)
def test_an_invalid_question_is_refused(tmp_path: Path, capsys: Shown, arguments: list[str], says: str) -> None:
    assert ablate(tmp_path / "s", *arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.startswith("rlzoo: error: ")
    assert not (tmp_path / "s").exists()


def test_an_algorithm_or_a_file_is_required(capsys: Shown) -> None:
    assert main(["ablate"]) == 2
    assert "name an algorithm" in capsys.readouterr().err


@pytest.mark.slow
def test_studies_are_listed_with_their_progress(tmp_path: Path, capsys: Shown) -> None:
    assert main(["studies", str(tmp_path)]) == 0
    assert "no studies in" in capsys.readouterr().out
    assert ablate(tmp_path / "s", *VARY, "--seeds", "2", "-q") == 0
    assert capsys.readouterr() == ("", "")
    assert main(["studies", str(tmp_path), "--json"]) == 0
    assert '"trained": "100%"' in capsys.readouterr().out


def running(out: Path, until: Callable[[], object], steps: int = 1500) -> AbstractContextManager[subprocess.Popen[str]]:
    """A study of four trials with two workers, once something has happened."""
    return started([sys.executable, "-c", CALL, *arguments(out, steps=steps)], until)


CALL = "import sys; from rlzoo.cli import main\nif __name__ == '__main__': sys.exit(main(sys.argv[1:]))"


def arguments(out: Path, workers: int = 2, steps: int = 1500) -> list[str]:
    small = ["--steps", str(steps), "--seeds", "3", "--set", "train.learning_starts=200", "--workers", str(workers)]
    return ["ablate", "dqn", "--vary", "target=hard,soft", "--vary", "buffer=uniform,recent", *small, "--out", str(out)]


def trials(out: Path) -> list[Path]:
    return list(out.glob("trials/*/*/seed*"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The results of that study, when nothing happens to it."""
    out = tmp_path_factory.mktemp("whole") / "s"
    assert main([*arguments(out, workers=1), "-q"]) == 0
    return (out / "results.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_after_an_interruption_or_kill_the_same_command_continues(
    tmp_path: Path, whole: bytes, number: signal.Signals
) -> None:
    out = tmp_path / "s"
    with running(out, lambda: trials(out)) as child:
        child.send_signal(number)
        child.wait(timeout=30)
    assert child.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    left = trials(out)
    assert 1 <= len(left) <= 4
    before = {path: (path / "manifest.json").stat().st_mtime_ns for path in left}
    assert main([*arguments(out), "-q"]) == 0
    assert {path: (path / "manifest.json").stat().st_mtime_ns for path in left} == before
    assert (out / "results.csv").read_bytes() == whole


@pytest.mark.slow
def test_a_killed_worker_only_costs_time(tmp_path: Path) -> None:
    out = tmp_path / "s"
    with running(out, lambda: list(out.glob("trials/*/*/.part-*/episodes.csv")), steps=6_000) as child:
        os.kill(_worker_of(child.pid), signal.SIGKILL)
        _, told = child.communicate(timeout=120)
    assert child.returncode == 0
    assert "a worker process was lost (killed by signal 9); repeating it one seed at a time" in told
    assert Study.open(out).failures() == []
    assert len(trials(out)) == 6  # three of three seeds each, and three of one


def _worker_of(parent: int) -> int:
    """A process that trains: a child of the server that forks them, which is a child of the study's process."""
    listing = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(ppid) for pid, ppid in (line.split() for line in listing.splitlines())}
    return max(pid for pid, ppid in parents.items() if parents.get(ppid) == parent)
