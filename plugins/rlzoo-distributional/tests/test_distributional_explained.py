"""What distributional objectives say about a batch is true."""

from __future__ import annotations

import numpy as np
import pytest

from rlzoo import explain
from rlzoo.explaining.walk import Learned

SETTINGS = {"train.learning_starts": 60, "train.update_every": 1, "train.batch_size": 4}


def learned(algorithm: str) -> Learned:
    found = explain(algorithm, steps=400, step=100, play=1, set=SETTINGS).walks[0].learned
    assert found is not None
    return found


def test_c51_shows_distributions_whose_divergence_is_the_error() -> None:
    found = learned("c51")
    chart = found.judged.charts[0]
    prediction, target = (line.y.astype(np.float64) for line in chart.lines)
    assert prediction.sum() == pytest.approx(1, abs=1e-5)
    assert target.sum() == pytest.approx(1, abs=1e-5)
    assert prediction @ chart.x == pytest.approx(found.samples["prediction"][0], abs=1e-4)
    some = target > 0
    divergence = (target[some] * np.log(target[some] / prediction[some])).sum()
    assert divergence == pytest.approx(found.samples["error"][0], abs=1e-4)


@pytest.mark.parametrize("algorithm", ["qr-dqn", "iqn"])
def test_quantiles_are_those_the_update_learned_from(algorithm: str) -> None:
    """Random fractions are those that the update drew as well, so the error is that of these quantiles."""
    found = learned(algorithm)
    prediction, target = (line.y.astype(np.float64) for line in found.judged.charts[0].lines)
    error = np.abs(target[None] - prediction[:, None]).mean()
    assert error == pytest.approx(found.samples["error"][0], rel=1e-5)
