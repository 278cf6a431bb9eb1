"""`rlzoo explain` from the command line, of algorithms and of runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from rlzoo.api import train
from rlzoo.cli import main
from rlzoo.contracts.errors import BadInput
from rlzoo.explaining.explain import explain
from rlzoo.explaining.walking import Walker
from rlzoo.resuming import resume

from support.tiny import CATALOG

SMALL = {
    "train.learning_starts": 20,
    "train.batch_size": 8,
    "train.update_every": 2,
    "network.hidden": (6,),
    "exploration.fraction": 0.5,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two seeds with checkpoints at steps 120 and 200, its end."""
    path = tmp_path_factory.mktemp("runs") / "run"
    train(env="CartPole-v1", steps=200, seeds=[2, 5], checkpoint_every=120, set=SMALL, out=path, catalog=CATALOG)
    return path


@pytest.mark.parametrize("step", [150, 60])
def test_a_step_of_a_run_is_that_of_its_algorithm(run: Path, step: int) -> None:
    """Continued from a checkpoint before the step, or from the beginning where there is none."""
    of_run = explain(run, step=step, seed=5, play=3, catalog=CATALOG).walks[0]
    fresh = explain("dqn", env="CartPole-v1", steps=200, step=step, seed=5, play=3, set=SMALL, catalog=CATALOG).walks[0]
    assert of_run.learned is not None
    assert fresh.learned is not None
    assert of_run.learned.update == fresh.learned.update
    assert of_run.learned.layers == fresh.learned.layers
    for name, values in fresh.learned.samples.items():
        assert np.array_equal(of_run.learned.samples[name], values)
    for one, other in zip(of_run.collected, fresh.collected, strict=True):
        assert one.q is not None
        assert one.q.tobytes() == other.q.tobytes()  # type: ignore[union-attr]
        assert one.picture == other.picture is not None


def test_a_run_is_not_changed(run: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in run.rglob("*") if path.is_file()}
    explain(run, seed=5, step=130, play=2, catalog=CATALOG)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in run.rglob("*") if path.is_file()} == before


def test_after_its_end_a_run_shows_the_step_that_would_follow(run: Path) -> None:
    walk = explain(run, seed=2, play=3, catalog=CATALOG).walks[0]
    assert [it.step for it in walk.collected] == [201, 202, 203]
    assert walk.notes[0] == "The run is finished; this is the step that would follow."
    (first,) = explain(run, seed=2, play=1, catalog=CATALOG).walks
    assert len(first.collected) == 1
    assert first.learned is not None
    assert first.learned.update.step == 202


def test_the_beginning_of_a_resumed_run_is_not_guessed(run: Path, tmp_path: Path) -> None:
    copied = tmp_path / "run"
    shutil.copytree(run, copied)
    resume(copied, steps=240, schedules="stretch", catalog=CATALOG)
    with pytest.raises(BadInput, match="was resumed; choose a `--step` after its checkpoint at 200"):
        explain(copied, step=60, seed=2, catalog=CATALOG)
    assert explain(copied, step=220, seed=2, play=1, catalog=CATALOG).walks[0].collected[0].step == 220


def test_a_page_and_text_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    small = [f"--set={name}={value}" for name, value in SMALL.items() if name != "network.hidden"]
    command = ["explain", "dqn", "--steps", "200", "--step", "60", "--play", "3", *small]
    assert main(command) == 0
    assert capsys.readouterr().out == "explain-dqn-CartPole-v1-60.html\n"
    page = tmp_path.joinpath("explain-dqn-CartPole-v1-60.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert main([*command, "--plain"]) == 0
    assert "4. Act\n   The environment returns a reward of 1. The episode continues." in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dqm"], "unknown algorithm `dqm`. Did you mean `dqn`?"),
        (["dqn", "dqn-soft", "dqn-no-target"], "give one algorithm or run, or two to compare, not 3"),
        (["dqn", "--steps", "500", "--step", "501"], "`--step` is 501, but the run has only 500 steps"),
        (["dqn", "--step", "0"], "`--step` must be at least 1, got 0"),
        (["dqn", "--step", "soon"], "`--step` must be an int, got soon."),
        (["dqn", "--play", "0"], "`--play` must be between 1 and 1,000"),
        (["dqn", "--target", "hrd"], "unknown target `hrd`. Did you mean `hard`?"),
        (["q-learning", "--env", "Nowhere-v0"], "no environment is called `Nowhere-v0`"),
        (["runs/none"], "`runs/none` is not a run"),
        (["x" * 300], "unknown algorithm `xxx"),
        (["RUN"], "has several seeds: 2, 5; choose one"),
        (["RUN", "--seed", "3"], "has no seed 3. Seeds: 2, 5"),
        (["RUN", "--seed", "2", "--step", "201"], "`--step` is 201, but the run has only 200 steps"),
        (["RUN", "--seed", "2", "--target", "soft"], "`--target` has no effect on the run"),
    ],
    ids=lambda it: "-".join(it) if isinstance(it, list) else "",
)
def test_bad_input_is_one_line(
    arguments: list[str], said: str, run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = [str(run) if argument == "RUN" else argument for argument in arguments]
    assert main(["explain", *given, "--out", str(tmp_path / "page.html")]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_page_that_cannot_be_written_is_found_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    for out, said in (
        (".", "is a folder"),
        ("/", "is a folder"),
        ("file/page.html", "`file` is not a folder"),
        ("x" * 300, "too long"),
    ):
        assert main(["explain", "dqn", "--step", "400_000", "--out", out]) == 2
        assert said in capsys.readouterr().err


def test_a_run_without_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"steps": 40, "checkpoint_every": "never", "set": {"train.learning_starts": 20}}
    train("dqn", out=tmp_path / "run", catalog=CATALOG, **settings)  # type: ignore[arg-type]
    assert main(["explain", str(tmp_path / "run")]) == 2
    assert "has no checkpoint of seed 0; explain its algorithm instead" in capsys.readouterr().err


def test_a_run_that_diverges_before_the_step(capsys: pytest.CaptureFixture[str]) -> None:
    diverging = ["--optimizer", "sgd", "--set", "lr=1e30", "--set", "train.learning_starts=20"]
    assert main(["explain", "dqn", "--steps", "400", "--step", "300", *diverging]) == 2
    assert "seed 0 diverged at step" in capsys.readouterr().err


def test_an_interruption_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: Walker) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Walker, "_train", interrupted)
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "dqn"]) == 130
    assert not list(tmp_path.iterdir())
    assert "Traceback" not in capsys.readouterr().err
