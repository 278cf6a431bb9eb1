from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from test_csv import make_run

from rlzoo.contracts import Log
from rlzoo.results.observers.weights import Weights


@pytest.mark.parametrize("seeds", [[], [3], [3, 5]])
def test_weights_that_come_with_a_report_are_saved(tmp_path: Path, seeds: list[int]) -> None:
    run, observer = make_run(tmp_path), Weights().build()
    observer.start(run)
    weights = {seed: {"w": np.array([seed, 0.5], np.float32)} for seed in seeds}
    observer.log(run, Log([3, 5], 10, 1, [], weights=weights))
    assert {path.name for path in (tmp_path / "weights").iterdir()} == {f"seed-{seed}.safetensors" for seed in seeds}
    for seed in seeds:
        assert load_file(tmp_path / "weights" / f"seed-{seed}.safetensors")["w"].tolist() == [seed, 0.5]
