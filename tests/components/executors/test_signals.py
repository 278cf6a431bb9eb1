from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from matplotlib.image import imread

from rlzoo.components.executors.signals import on_interrupt
from rlzoo.results.run_folder import RunFolder

from support.processes import started


def test_the_first_signal_asks_and_the_second_ends() -> None:
    asked: list[str] = []
    with on_interrupt(lambda: asked.append("stop")):
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert asked == ["stop"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_afterwards_signals_mean_what_they_did(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with on_interrupt(lambda: None):
        assert signal.getsignal(number) != before
        os.kill(os.getpid(), number)
        assert signal.getsignal(number) == before
    assert signal.getsignal(number) == before


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        asked: list[str] = []
        with on_interrupt(lambda: asked.append("stop")):
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert not asked
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_have_no_signals() -> None:
    entered: list[bool] = []

    def work() -> None:
        with on_interrupt(lambda: None):
            entered.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [True]


@contextmanager
def running(path: Path, *arguments: str, begun: int = 1) -> Iterator[subprocess.Popen[str]]:
    """An endless `rlzoo run` that has finished some episodes, of at least `begun` seeds."""
    code = "import sys; from rlzoo.cli import main; sys.exit(main(sys.argv[1:]))"
    small = ["--out", str(path), "--steps", "1_000_000_000", "--set", "train.learning_starts=100"]
    episodes = path / "episodes.csv"

    def have_begun() -> bool:
        rows = episodes.read_text().splitlines()[1:] if episodes.exists() else []
        return len(rows) > 20 and len({row.partition(",")[0] for row in rows}) >= begun

    with started([sys.executable, "-c", code, "run", *arguments, *small], until=have_begun) as child:
        yield child


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGHUP, 2), (signal.SIGINT, 2)]
)
def test_an_interrupted_run_keeps_everything(tmp_path: Path, number: signal.Signals, workers: int) -> None:
    with running(tmp_path / "r", "dqn", "--seeds", "2", "--workers", str(workers), begun=2) as child:
        child.send_signal(number)
        out, err = child.communicate(timeout=20)
    assert child.returncode == 130
    assert err.splitlines()[-2] == f"rlzoo: interrupted, results up to then are in `{tmp_path / 'r'}`"
    assert f"results in {tmp_path / 'r'}" in out
    folder = RunFolder(tmp_path / "r")
    assert folder.manifest["status"] == "interrupted"
    assert folder.trained() == [0, 1]
    assert folder.weights(1)
    counts = folder.manifest["counts"]["0"]
    assert folder.table("episodes").query("seed == 0")["episode"].tolist() == list(range(1, counts["episodes"] + 1))
    assert imread(folder.path / "returns.png").size


@pytest.mark.slow
def test_a_run_of_one_seed_after_another_ends_with_the_seed_that_trains(tmp_path: Path) -> None:
    with running(
        tmp_path / "r", "dqn", "--seeds", "3", "--set", "train.update_unit=episodes", "--workers", "1"
    ) as child:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=20)
    assert child.returncode == 130
    folder = RunFolder(tmp_path / "r")
    assert folder.trained() == [0]
    assert folder.manifest["counts"].keys() == {"0"}


@pytest.mark.slow
def test_a_killed_run_leaves_whole_files(tmp_path: Path) -> None:
    with running(tmp_path / "r", "dqn", "--seeds", "2") as child:
        child.kill()
        child.communicate()
    assert msgspec.json.decode((tmp_path / "r" / "manifest.json").read_bytes())["status"] == "running"
    header, *rows, end = (tmp_path / "r" / "episodes.csv").read_text().split("\n")
    assert end == ""
    assert {row.count(",") for row in rows} == {header.count(",")}
