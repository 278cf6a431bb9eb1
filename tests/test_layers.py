from __future__ import annotations

import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


@pytest.fixture(autouse=True)
def _keep_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """The linter would switch off every logger there is, for all tests that follow."""
    monkeypatch.setattr("importlinter.cli._configure_logging", lambda verbose: None)


def test_imports_only_go_down(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))  # the linter puts the working directory there
    passed = lint_imports(str(PYPROJECT), no_cache=True, no_logo=True)
    assert passed == 0, capsys.readouterr().out


def test_an_import_that_goes_up_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "storeys"
    package.mkdir()
    for name, source in (("__init__", ""), ("attic", ""), ("cellar", "from storeys import attic")):
        package.joinpath(f"{name}.py").write_text(source)
    contract = PYPROJECT.read_text().partition("[tool.importlinter]")[2].partition("layers = [")[0]
    config = tmp_path / "pyproject.toml"
    config.write_text(f'[tool.importlinter]{contract}layers = ["attic", "cellar"]'.replace("rlzoo", "storeys"))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert lint_imports(str(config), no_cache=True, no_logo=True) == 1
    assert "storeys.cellar is not allowed to import storeys.attic" in capsys.readouterr().out


def test_the_root_package_stays_small() -> None:
    entries = {path.name for path in (PYPROJECT.parent / "rlzoo").iterdir() if path.name != "__pycache__"}
    assert len(entries) <= 17, sorted(entries)


def test_type_only_imports_count() -> None:
    assert "exclude_type_checking_imports" not in PYPROJECT.read_text()
