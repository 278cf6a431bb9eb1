from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rlzoo.cli import main
from rlzoo.registry.catalog import SLOTS, open_catalog

Shown = pytest.CaptureFixture[str]
HEAVY = {"torch", "numpy", "pandas", "gymnasium", "matplotlib"}


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: Shown):
    """Return what bash would offer at the end of a command line."""

    def offered(line: str) -> list[str]:
        monkeypatch.setenv("_RLZOO_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        with pytest.raises(SystemExit):
            main([])
        lines = capsys.readouterr().out.splitlines()
        return [line.partition(",")[2] for line in lines if line.startswith("plain,")]

    return offered


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("rlzoo run dqn-no", ["dqn-no-target"]),
        ("rlzoo run dqn --target ", ["hard", "none", "soft"]),
        ("rlzoo run dqn --observer pr", ["progress"]),
        ("rlzoo run dqn --set target.", ["target.period=", "target.unit="]),
        ("rlzoo run dqn --target soft --set target.t", ["target.tau="]),
        ("rlzoo run dqn-soft --set target.t", ["target.tau="]),
        ("rlzoo run dqn --observer early-stopping --set early", ["early-stopping.at="]),
        ("rlzoo run dqn --set environment.max", ["environment.max_episode_steps="]),
        ("rlzoo run dqn --set progress.", ["progress.seconds="]),
        ("rlzoo ablate dqn --executor ", ["local", "ray"]),
        ("rlzoo ablate dqn-soft --set target.t", ["target.tau="]),
        ("rlzoo ablate c5", ["c51"]),
        ("rlzoo explain dqn-no", ["dqn-no-target"]),
        ("rlzoo explain dqn-soft --set target.t", ["target.tau="]),
        ("rlzoo show dueling", ["dueling-dqn"]),
        ("rlzoo list t", ["target"]),
        ("rlzoo stu", ["studies"]),
        ("rlzoo export --format o", ["onnx"]),
        ("rlzoo run dqn --record ", ["transitions"]),
    ],
)
def test_it_offers_what_fits(complete, line: str, offered: list[str]) -> None:
    assert complete(line) == offered


def test_it_offers_the_columns_of_a_run(complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").mkdir()
    Path("a/metrics.csv").write_text("seed,step,update,loss,q_mean\n")
    assert complete("rlzoo plot a --y ") == ["return", "length", "evaluation", "loss", "q_mean"]
    assert complete("rlzoo plot a b --y l") == ["length", "loss"]


def test_it_offers_the_folders_of_runs(complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("runs/a", "runs/b", "docs"):
        Path(folder).mkdir(parents=True)
    for folder in ("runs/a", "runs/b"):
        Path(folder, "manifest.json").touch()
    assert complete("rlzoo plot ") == ["runs/a", "runs/b"]
    assert complete("rlzoo plot runs/a runs/") == ["runs/a", "runs/b"]
    assert complete("rlzoo eval runs/b") == ["runs/b"]
    assert complete(f"rlzoo eval {tmp_path}/runs/a") == [f"{tmp_path}/runs/a"]
    assert complete("rlzoo eval do") == ["docs/"]
    assert complete("rlzoo explain runs/") == ["runs/a", "runs/b"]
    assert complete("rlzoo explain dqn runs/a") == ["runs/a"]


def test_it_offers_the_folders_of_studies(complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("studies/a").mkdir(parents=True)
    Path("studies/a/study.json").touch()
    Path("studies/b").mkdir()
    assert complete("rlzoo report ") == ["studies/a"]


def test_completing_imports_nothing_heavy() -> None:
    code = "import sys; from rlzoo.cli import main\ntry: main([])\nfinally: print('IMPORTED', *sys.modules)"
    line = "rlzoo run rainbow --set network."
    words = {"_RLZOO_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": "4"}
    done = subprocess.run([sys.executable, "-c", code], env=words, capture_output=True, text=True, check=True)
    assert "network.hidden=" in done.stdout
    assert not HEAVY & set(done.stdout.rpartition("IMPORTED")[2].split())


def test_every_slot_is_completed(complete) -> None:
    for slot in SLOTS:
        assert complete(f"rlzoo run dqn --{slot} ") == list(open_catalog().names(slot))
