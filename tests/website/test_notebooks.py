"""Notebooks run from top to bottom."""

from __future__ import annotations

from pathlib import Path

import pytest

from website.notebooks import NOTEBOOKS, run_notebook


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    run_notebook(path, tmp_path)
