"""Explanations of runs whose network has a memory."""

from __future__ import annotations

import numpy as np

from rlzoo import explain


def test_values_before_the_update_are_those_the_agent_acted_by() -> None:
    """They depend on what the network remembers."""
    settings = {"train.learning_starts": 60, "train.update_every": 1, "train.batch_size": 4}
    walk = explain("drqn", steps=400, step=105, play=2, set=settings).walks[0]
    learned, collected = walk.learned, walk.collected[0]
    assert learned is not None
    assert collected.q is not None
    assert collected.columns["memory"].any()
    assert np.allclose(learned.q_before, collected.q, rtol=1e-4, atol=1e-6)
    assert learned.samples["steps"].max() > 1
    assert len(walk.course.updates) > 30
    assert walk.course.fixed[0].target is None
