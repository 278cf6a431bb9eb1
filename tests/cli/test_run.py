from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlzoo import api
from rlzoo.cli import main
from rlzoo.cli.run import _compiled
from rlzoo.lanes import loops
from rlzoo.results.result import Interrupted, Result

from support.runs import write_run
from support.tiny import CATALOG

SMALL = [
    *("--env", "rlzoo-tests/Counting-v0", "--steps", "100", "--set", "train.learning_starts=20"),
    *("--set", "train.batch_size=8", "--set", "train.log_every=50"),
    *("--workers", "1"),  # only this process knows the tests' environments
]
Shown = pytest.CaptureFixture[str]


def run(out: Path, *arguments: str) -> int:
    return main(["run", "dqn", *SMALL, "--out", str(out), *arguments])


def test_the_end_is_a_row_per_seed_all_together_and_where_to_look(tmp_path: Path, capsys: Shown) -> None:
    assert run(tmp_path / "r", "--seeds", "8") == 0
    shown = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in shown if line.split()[:1] in [[str(seed)] for seed in range(8)]]
    episodes = Result(tmp_path / "r", CATALOG).episodes
    returns = {seed: episodes.loc[episodes["seed"] == seed, "return"].mean() for seed in range(8)}
    assert [row[:4] for row in rows] == [[str(seed), "20", "100", f"{value:.1f}"] for seed, value in returns.items()]
    random = Result(tmp_path / "r", CATALOG).manifest["random_return"]["mean"]
    assert {row[4] for row in rows} == {f"{random:.1f}"}
    assert [row[5:6] == ["best"] or row[5:6] == ["best,"] for row in rows] == [
        value == max(returns.values()) for value in returns.values()
    ]
    (together,) = (line for line in shown if line.startswith("mean return"))
    assert together.startswith(f"mean return {sum(returns.values()) / 8:.1f} (95% CI ")
    assert together.endswith(", 8 seeds)")
    assert shown[-3:] == [
        f"results in {tmp_path / 'r'}",
        f"plot    in {tmp_path / 'r' / 'returns.png'}",
        f"Next: `rlzoo plot {tmp_path / 'r'}` or `rlzoo eval {tmp_path / 'r'}`",
    ]


def test_progress_goes_to_stderr(tmp_path: Path, capsys: Shown) -> None:
    assert run(tmp_path / "r") == 0
    captured = capsys.readouterr()
    first, second, third = captured.err.splitlines()
    assert first == f"dqn on rlzoo-tests/Counting-v0, seed 0, in {tmp_path / 'r'}"
    assert second.startswith("steps 100 of 100 (100%)")
    assert third.startswith("finished after ")
    assert "finished" not in captured.out


def test_json_is_all_there_is_on_stdout(tmp_path: Path, capsys: Shown) -> None:
    assert run(tmp_path / "r", "--json") == 0
    captured = capsys.readouterr()
    printed = json.loads(captured.out)
    assert captured.err == ""
    assert printed.pop("path") == str(tmp_path / "r")
    assert printed == json.loads((tmp_path / "r" / "manifest.json").read_text())


def test_a_seed_stops_at_a_return(tmp_path: Path, capsys: Shown) -> None:
    assert run(tmp_path / "r", "--steps", "2000", "--stop-at", "15") == 0
    assert "stopped at step 500" in " ".join(capsys.readouterr().out.split())


def test_quiet_prints_nothing(tmp_path: Path, capsys: Shown) -> None:
    assert run(tmp_path / "r", "-q") == 0
    assert capsys.readouterr() == ("", "")


def test_the_manifest_knows_what_was_asked_for(tmp_path: Path, capsys: Shown) -> None:
    assert run(tmp_path / "r", "-q", "--seed", "4", "--seed", "2", "--target", "soft", "--set", "target.tau=0.5") == 0
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    assert manifest["seeds"] == [4, 2]
    target = manifest["composition"]["components"]["target"]
    assert (target["name"], target["options"]["tau"]) == ("soft", 0.5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seeds", "2", "--seed", "1"], "give `--seeds N` or `--seed S`, not both"),
        (["--set", "target.period"], "`--set target.period` is not of the form `target.period=250`"),
        (["--set", "target.period=1", "--set", "target.period=2"], "`--set target.period` is given twice"),
        (["--observer", "progres"], "unknown observer `progres`. Did you mean `progress`?"),
        (["--envs", "0"], "envs"),
    ],
)
def test_bad_input_is_a_line_and_writes_nothing(tmp_path: Path, capsys: Shown, arguments: list[str], says: str) -> None:
    assert run(tmp_path / "r", *arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("rlzoo: error: ")
    assert says in captured.err
    assert not (tmp_path / "r").exists()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path, capsys: Shown) -> None:
    tmp_path.joinpath("mine").touch()
    assert run(tmp_path) == 2
    assert f"`{tmp_path}` is not empty; give a new folder" in capsys.readouterr().err


def test_a_failure_says_where_and_what_is_left(tmp_path: Path, capsys: Shown) -> None:
    faulty = (
        "--env",
        "rlzoo-tests/Faulty-v0",
        "--set",
        "environment.kwargs.fault=raise",
        "--set",
        "environment.kwargs.at=30",
    )
    assert run(tmp_path / "r", "-q", *faulty) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second = captured.err.splitlines()
    assert first.startswith("rlzoo: error: seed 0, after 29 steps: environment `rlzoo-tests/Faulty-v0`")
    assert "the cable is loose" in first
    assert second == f"Results up to then are in `{tmp_path / 'r'}`."


def test_an_interrupted_run_is_summed_up_too(tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_run(tmp_path / "r", [(0, 10, 4.0), (0, 20, 8.0)], status="interrupted", diverged={0: 15})

    def interrupted(*_: object, **__: object) -> Result:
        raise Interrupted(Result(folder.path, CATALOG))

    monkeypatch.setattr(api, "train", interrupted)
    assert main(["run", "dqn", *SMALL]) == 130
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"rlzoo: interrupted, results up to then are in `{folder.path}`",
        f"Continue with `rlzoo resume {folder.path}`",
    ]
    rows = [line.split() for line in captured.out.splitlines()]
    assert ["0", "2", "20", "6.0", "diverged", "at", "step", "15"] in rows
    assert ["1", "did", "not", "train"] in rows
    assert "mean return 6.0 (one seed)" in captured.out
    assert main(["run", "dqn", "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["status"] == "interrupted"


@pytest.mark.parametrize("compiled", [False, True])
def test_the_first_run_says_that_it_compiles(
    compiled: bool, tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlzoo.cli.run._compiled", lambda: compiled)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert run(tmp_path / "r") == 0
    assert ("rlzoo: compiling" in capsys.readouterr().err) is not compiled


def test_compiled_code_is_found_where_numba_keeps_it() -> None:
    loops.collect.compile()
    assert _compiled()


def test_a_new_installation_has_no_compiled_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr("rlzoo.lanes.__file__", str(tmp_path / "__init__.py"))
    assert not _compiled()


@pytest.mark.slow
def test_presets_are_mentioned_unless_one_was_asked_for(tmp_path: Path, capsys: Shown) -> None:
    small = ["--steps", "50", "--set", "train.learning_starts=20"]
    assert main(["run", "dqn", *small, "--out", str(tmp_path / "without")]) == 0
    assert (
        "rlzoo: there are settings of dqn for CartPole-v1: `--preset rl-zoo3`, `--preset tuned`"
        in capsys.readouterr().err
    )
    assert main(["run", "dqn", *small, "--preset", "rl-zoo3", "--out", str(tmp_path / "with")]) == 0
    assert "--preset" not in capsys.readouterr().err
    composition = Result(tmp_path / "with", CATALOG).manifest["composition"]
    assert (composition["train"]["steps"], composition["train"]["updates"]) == (50, 128)


def test_a_preset_of_another_environment_is_refused_before_anything_is_written(tmp_path: Path, capsys: Shown) -> None:
    assert run(tmp_path / "r", "--preset", "rl-zoo3") == 2
    assert "dqn on rlzoo-tests/Counting-v0 has no preset `rl-zoo3`" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        (["--lr", "0.1"], "optimizer.lr=0.1"),
        (["--batch-size=5"], "train.batch_size=5"),
        (["--tau"], "target.tau=VALUE"),
    ],
)
def test_an_option_that_is_a_setting_is_answered_with_set(given: list[str], setting: str, capsys: Shown) -> None:
    assert main(["run", "dqn", *given]) == 2
    assert f"No such option: {given[0].partition('=')[0]}. Did you mean `--set {setting}`?" in capsys.readouterr().err


def test_a_setting_needs_no_section(tmp_path: Path, capsys: Shown) -> None:
    assert run(tmp_path / "r", "-q", "--set", "lr=0.5") == 0
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    assert manifest["composition"]["components"]["optimizer"]["options"]["lr"] == 0.5


def test_a_run_can_be_described_by_a_file(tmp_path: Path, capsys: Shown) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        "env = 'rlzoo-tests/Counting-v0'\nseeds = 2\n[train]\nsteps = 50\nbatch_size = 8\nlearning_starts = 20\n"
    )
    assert main(["run", "--config", str(file), "--steps", "60", "--workers", "1", "--out", str(tmp_path / "r")]) == 0
    manifest = Result(tmp_path / "r", CATALOG).manifest
    assert (manifest["seeds"], manifest["composition"]["train"]["steps"]) == ([0, 1], 60)
    assert main(["run", "--out", str(tmp_path / "none")]) == 2
    assert "name an algorithm" in capsys.readouterr().err
    assert (
        main(["run", "sarsa", "--config", str(tmp_path / "r" / "manifest.json"), "--out", str(tmp_path / "none")]) == 2
    )
    assert "is for the algorithm dqn, not sarsa" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
