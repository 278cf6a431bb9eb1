from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_csv import make_run

from rlzoo.observers.weights import Weights
from rlzoo.report import Report, Run, Status


class Lanes:
    """Two lanes whose only weight is how often it was asked for."""

    seeds, asked = (3, 5), 0

    def weights(self) -> Mapping[int, dict[str, torch.Tensor]]:
        self.asked += 1
        return {seed: {"w": torch.tensor([float(seed), self.asked])} for seed in self.seeds}


def watched(path: Path, seconds: float) -> tuple[Run, object]:
    run, observer = make_run(path), Weights(seconds).build()
    observer.start(run)
    run.current = Lanes()  # type: ignore[assignment]
    return run, observer


@pytest.mark.parametrize(("seconds", "last", "saved"), [(1000, False, []), (1000, True, [3, 5]), (0, False, [3, 5])])
def test_they_are_saved_when_it_is_time_and_when_lanes_are_done(
    tmp_path: Path, seconds: float, last: bool, saved: list[int]
) -> None:
    run, observer = watched(tmp_path, seconds)
    observer.report(run, Report([3, 5], 10, 1, [], last=last))  # type: ignore[attr-defined]
    assert {path.name for path in (tmp_path / "weights").iterdir()} == {f"seed-{seed}.safetensors" for seed in saved}
    for seed in saved:
        assert load_file(tmp_path / "weights" / f"seed-{seed}.safetensors")["w"].tolist() == [seed, 1]


@pytest.mark.parametrize(("status", "saves"), [("failed", True), ("finished", False), ("interrupted", False)])
def test_only_lanes_that_failed_are_saved_at_the_end(tmp_path: Path, status: Status, saves: bool) -> None:
    run, observer = watched(tmp_path, 1000)
    run.status = status
    observer.finish(run)  # type: ignore[attr-defined]
    assert any((tmp_path / "weights").iterdir()) == saves


def test_a_run_that_fails_before_any_lane_trains_saves_nothing(tmp_path: Path) -> None:
    run, observer = watched(tmp_path, 1000)
    run.current, run.status = None, "failed"
    observer.finish(run)  # type: ignore[attr-defined]
    assert list((tmp_path / "weights").iterdir()) == []
