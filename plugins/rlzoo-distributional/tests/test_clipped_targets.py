"""A support that rewards leave: one warning, a metric, and a remark in the table of seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

import rlzoo
from rlzoo.results.seed_table import seed_rows

SMALL = {"train.learning_starts": 100, "train.batch_size": 32, "train.log_every": 100}


@pytest.mark.parametrize(("v_max", "warned"), [(0.5, True), (100.0, False)])
def test_a_support_that_rewards_leave_is_warned_about_once(
    v_max: float, warned: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = SMALL | {"objective.v_min": 0.0, "objective.v_max": v_max}
    result = rlzoo.train("c51", steps=600, seeds=2, set=settings, out=tmp_path / "run")
    messages = [record.message for record in caplog.records if "clipped" in record.message]
    assert len(messages) == warned
    assert (result.metrics["clipped_targets"].max() == 1) == warned
    remarks = [row[-1] for row in seed_rows(result.manifest, {0: 9.0, 1: 9.0})]
    assert all(("100% of targets clipped to v_min=0 or v_max=0.5" in remark) == warned for remark in remarks)
