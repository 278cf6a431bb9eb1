"""What prioritized replay says about a batch is true."""

from __future__ import annotations

import numpy as np

from rlzoo import explain


def test_probabilities_and_weights_follow_from_priorities() -> None:
    settings = {"train.learning_starts": 60, "train.update_every": 1, "train.batch_size": 16}
    learned = explain("prioritized-dqn", steps=400, step=100, play=1, set=settings).walks[0].learned
    assert learned is not None
    numbers, samples = learned.sampled.numbers, learned.samples
    assert len(set(samples["priority"].tolist())) > 5
    assert np.allclose(samples["probability"] * numbers["sum of priorities"], samples["priority"], rtol=1e-12)
    weight = (samples["priority"] / samples["priority"].min()) ** -numbers["beta"]
    assert np.allclose(samples["weight"], weight, rtol=1e-6)
