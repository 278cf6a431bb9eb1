from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rlzoo.cli import main
from rlzoo.cli.plot import QUANTITIES
from rlzoo.results.curves import QUANTITIES as CURVES

from support.runs import Row, write_run

Shown = pytest.CaptureFixture[str]
ROWS: list[Row] = [(0, 10, 4.0), (0, 20, 8.0), (1, 15, 3.0)]


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_run(Path("a"), ROWS, ROWS)
    write_run(Path("b"), ROWS)
    for run, rows in {"a": "0,10,5,0.5,nan\n0,20,9,0.25,nan\n1,10,5,,nan\n", "b": "0,10,5,1,nan\n"}.items():
        Path(run, "metrics.csv").write_text(f"seed,step,update,loss,q_mean\n{rows}")


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["a"], "a/returns.png"),
        (["a", "./a/"], "a/returns.png"),
        (["a", "--y", "length", "--last", "5"], "a/lengths.png"),
        (["a", "--y", "evaluation"], "a/evaluations.png"),
        (["a", "--y", "loss"], "a/loss.png"),
        (["a", "--y", "q_mean"], "a/q_mean.png"),  # of which there is no value
        (["a", "b", "--y", "loss"], "compared.png"),
        (["a", "b"], "compared.png"),
        (["a", "b", "--out", "both.svg"], "both.svg"),
    ],
)
def test_it_prints_where_the_picture_is(arguments: list[str], path: str, capsys: Shown) -> None:
    assert main(["plot", *arguments]) == 0
    assert capsys.readouterr() == (f"{path}\n", "")
    assert Path(path).stat().st_size > 5_000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["c"], "`c` is not a run: it has no manifest.json"),
        (["a", "b", "--y", "evaluation"], "`b` has no evaluations.csv"),
        (["a", "--y", "evaluation", "--last", "5"], "`--last` has no effect with `--y evaluation`"),
        (["a", "--out", "a.jpg"], "`a.jpg` has no known image extension; use one of .pdf, .png, .svg"),
        (["a", "--y", "loss", "--last", "5"], "`--last` has no effect with `--y loss`"),
        (["a", "--y", "los"], "`a` has no `los`. Did you mean `loss`? Valid: return, length, evaluation, loss, q_mean"),
        (["a", "--y", "step"], "`a` has no `step`."),
        ([], "Missing argument 'RUN...'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: list[str], says: str, capsys: Shown) -> None:
    assert main(["plot", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err


def test_a_run_without_metrics_has_none_to_draw(capsys: Shown) -> None:
    Path("a/metrics.csv").unlink()
    assert main(["plot", "a", "--y", "loss"]) == 2
    assert "`a` has no metrics.csv" in capsys.readouterr().err


def test_it_offers_every_quantity_there_is() -> None:
    assert tuple(CURVES) == QUANTITIES


def test_runs_of_different_environments_are_drawn_together_only_if_asked(tmp_path: Path, capsys: Any) -> None:
    first, second = (write_run(tmp_path / name, [(0, 10, 1.0), (0, 20, 2.0)]) for name in ("c", "d"))
    manifest = json.loads((second.path / "manifest.json").read_text())
    manifest["composition"]["components"]["environment"]["options"]["id"] = "Acrobot-v1"
    (second.path / "manifest.json").write_text(json.dumps(manifest))
    together = ["plot", str(first.path), str(second.path), "--out", str(tmp_path / "x.png")]
    assert main(together) == 2
    assert "different environments, Acrobot-v1, CartPole-v1, whose returns do not compare" in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()
    assert main([*together, "--any-env"]) == 0


def test_a_study_is_pointed_to_its_report(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "study.json").write_text("{}")
    assert main(["plot", str(tmp_path)]) == 2
    assert f"`{tmp_path}` is a study; `rlzoo report {tmp_path}` draws its figures" in capsys.readouterr().err
