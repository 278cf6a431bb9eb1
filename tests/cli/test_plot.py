from __future__ import annotations

from pathlib import Path

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


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["a"], "a/returns.png"),
        (["a", "./a/"], "a/returns.png"),
        (["a", "--y", "length", "--last", "5"], "a/lengths.png"),
        (["a", "--y", "evaluation"], "a/evaluations.png"),
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
        (["a", "--y", "loss"], "'loss' is not one of 'return', 'length', 'evaluation'"),
        ([], "Missing argument 'RUN...'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: list[str], says: str, capsys: Shown) -> None:
    assert main(["plot", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err


def test_it_offers_every_quantity_there_is() -> None:
    assert tuple(CURVES) == QUANTITIES
