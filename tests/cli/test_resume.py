from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlzoo import resuming
from rlzoo.cli import main
from rlzoo.results.result import Interrupted, Result

from support.runs import train_tiny, write_run
from support.tiny import CATALOG

Shown = pytest.CaptureFixture[str]


def test_a_run_is_extended_and_summed_up(tmp_path: Path, capsys: Shown) -> None:
    path = train_tiny(tmp_path / "r").path
    assert main(["resume", str(path), "--steps", "0.2k", "--stretch-schedules", "--workers", "1"]) == 0
    shown = capsys.readouterr()
    assert "mean return" in shown.out
    assert "steps 400 of 400 (100%)" in shown.err
    assert "dqn on rlzoo-tests/Counting-v0, 2 seeds" in shown.err


def test_json_is_all_there_is_on_stdout(tmp_path: Path, capsys: Shown) -> None:
    path = train_tiny(tmp_path / "r").path
    command = ["resume", str(path), "--steps", "200", "--keep-schedules", "--workers", "1", "--json"]
    assert main(command) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert manifest["composition"]["train"]["steps"] == 200
    assert manifest["composition"]["train"]["schedule_steps"] == 100
    assert [entry["steps"] for entry in manifest["resumed"]] == [{"0": 100, "1": 100}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "is finished; to extend it, use `--steps` with more than 100"),
        (["--steps", "200"], "add `--keep-schedules` to leave them as they are, or `--stretch-schedules`"),
        (["--episodes", "9"], "the run counts steps; extend it with `--steps N`"),
        (["--steps", "200", "--keep-schedules", "--device", "gpu"], "unknown device `gpu`"),
        (["--workers", "0"], "0 is not in the range x>=1"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path: Path, arguments: list[str], says: str, capsys: Shown) -> None:
    path = train_tiny(tmp_path / "r").path
    assert main(["resume", str(path), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_folder_that_is_none_is_named(tmp_path: Path, capsys: Shown) -> None:
    assert main(["resume", str(tmp_path / "x")]) == 2
    assert f"`{tmp_path / 'x'}` is not a run: it has no manifest.json" in capsys.readouterr().err


def test_an_interrupted_run_says_how_to_continue(
    tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_run(tmp_path / "r", [(0, 10, 4.0)], status="interrupted")

    def interrupted(*_: object, **__: object) -> Result:
        raise Interrupted(Result(folder.path, CATALOG))

    monkeypatch.setattr(resuming, "resume", interrupted)
    assert main(["resume", str(folder.path)]) == 130
    assert f"Continue with `rlzoo resume {folder.path}`" in capsys.readouterr().err
