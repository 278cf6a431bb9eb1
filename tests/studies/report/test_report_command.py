from __future__ import annotations

from pathlib import Path

import pytest

from rlzoo.cli import main
from rlzoo.studies.execution.study import Study

from support.fabricated import fabricate

Shown = pytest.CaptureFixture[str]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of which nothing is trained yet."""
    Study(tmp_path, fabricate().plan).save()
    return tmp_path


def test_it_prints_where_the_page_is(study: Path, capsys: Shown) -> None:
    assert main(["report", str(study)]) == 0
    assert capsys.readouterr() == (f"{study / 'report.html'}\n", "")
    for name in ("report.html", "report.md", "results.csv"):
        assert study.joinpath(name).stat().st_size > 0


def test_a_folder_without_a_study_is_refused(tmp_path: Path, capsys: Shown) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert capsys.readouterr() == ("", f"rlzoo: error: `{tmp_path}` is not a study: it has no study.json\n")


def test_a_place_that_cannot_be_written_is_named(study: Path, capsys: Shown) -> None:
    study.joinpath("figures").write_text("not a folder")
    assert main(["report", str(study)]) == 2
    assert capsys.readouterr().err == f"rlzoo: error: cannot write the report of `{study}`: File exists\n"
