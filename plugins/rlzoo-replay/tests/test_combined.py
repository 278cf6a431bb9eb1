from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from rlzoo.contracts import Buffer
from rlzoo_replay.combined import Combined


@pytest.mark.parametrize("steps", [1, 7, 20])
@pytest.mark.parametrize(("envs", "size"), [(1, 4), (3, 5), (3, 2)])
def test_the_latest_transition_of_each_environment_is_in_the_batch(
    fill: Callable[..., Buffer], steps: int, envs: int, size: int
) -> None:
    buffer = fill(Combined(capacity=30), steps, envs=envs)
    newest = range(steps * envs - 1, steps * envs - 1 - min(envs, size), -1)
    batch = buffer.sample(size)
    assert batch.observation.shape == (2, size)
    for lane in batch.observation.tolist():
        assert set(newest) <= set(lane)


def test_the_others_are_drawn_evenly(fill: Callable[..., Buffer]) -> None:
    buffer = fill(Combined(capacity=50), 80)
    drawn = torch.cat([buffer.sample(101).observation[:, 1:] for _ in range(100)], 1)
    for lane in drawn.numpy():
        counts = np.bincount(lane, minlength=80)
        assert counts[:30].sum() == 0  # evicted
        assert chisquare(counts[30:]).pvalue > 1e-3
