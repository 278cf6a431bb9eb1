from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlzoo import api
from rlzoo.cli import main
from rlzoo.results.result import Result

from support.runs import write_run
from support.tiny import CATALOG


def test_the_demo_is_a_run_of_ten_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    asked: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    folder = write_run(tmp_path / "r", [(0, 10, 4.0)])

    def train(*given: Any, **named: Any) -> Result:
        asked.append((given, named))
        return Result(folder.path, CATALOG)

    monkeypatch.setattr(api, "train", train)
    assert main(["demo", "--out", "x"]) == 0
    ((given, named),) = asked
    assert given == ("dqn", "CartPole-v1")
    assert (named["target"], named["steps"], named["seeds"], named["out"]) == ("hard", "50_000", 10, "x")
    assert "progress" in named["observers"]
