"""The gradient noise scale, against closed forms."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.lanes.rng import LaneRng
from rlzoo.training.diagnostics.noise import NoiseScale, first_part, moments
from rlzoo.training.diagnostics.undoing import Undoing

from support.tiny import make_runner

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("size", [2, 7, 64])
def test_estimates_are_right_on_average(size: int) -> None:
    """Gradients of samples are normal: their mean has norm 5, and their variances add up to 1 + 4 + 9."""
    mean, deviation = np.array([3.0, 4.0, 0.0]), np.array([1.0, 2.0, 3.0])
    samples = mean + deviation * RNG.normal(size=(40_000 // size, size, 3))  # each batch is a lane
    half = size // 2
    square, variance = moments(samples[:, :half].mean(1), samples.mean(1), half / size, size)
    assert square.mean() == pytest.approx(25, abs=4 * square.std() / len(square) ** 0.5)
    assert variance.mean() == pytest.approx(14, abs=4 * variance.std() / len(variance) ** 0.5)
    assert variance.mean() == pytest.approx(14, rel=0.15)


def test_of_a_linear_model_the_scale_is_noise_by_signal() -> None:
    """The gradient of 0.5 * (w - y)**2 is w - y: with y normal around 0, the scale is var(y) / w**2."""
    scale, noise = NoiseScale(1), RNG.normal(scale=3.0, size=(5_000, 1, 32))
    for y in noise:
        gradients = 0.5 - y
        scale.add(gradients[:, :16].mean(1, keepdims=True), gradients.mean(1, keepdims=True), 0.5, 32)
        scale._square *= 1 / 0.95  # no forgetting, to see where it converges
        scale._variance *= 1 / 0.95
    assert scale.value() == pytest.approx(9 / 0.25, rel=0.15)


def test_without_a_gradient_the_scale_is_not_known() -> None:
    scale = NoiseScale(2)
    assert np.isnan(scale.value()).all()
    scale.add(np.array([[1.0], [1.0]]), np.array([[0.0], [1.0]]), 0.5, 8)
    assert np.isnan(scale.value()[0])
    assert scale.value()[1] == 0


def test_the_first_part_is_the_mean_of_the_first_half() -> None:
    """Also of weighted samples and of objectives that draw: the gradient is that of a batch of the half alone."""
    runner = make_runner("dqn", {"train.steps": 60, "train.learning_starts": 10, "train.batch_size": 7}, "Random", [4])
    for _ in runner.run():
        pass
    learner, batch = runner.learner, replace(runner.parts.buffer.sample(7), weight=torch.rand(1, 7))
    part, share = first_part(batch)
    got = learner.gradient(part).clone()
    expected = learner.gradient(batch.each(lambda tensor: tensor[:, :3]))
    assert share == 3 / 7
    torch.testing.assert_close(got, expected)


def test_what_an_objective_draws_is_undone() -> None:
    rng = LaneRng([3, 5], "objective")
    objective: Any = SimpleNamespace(state=dict, load_state=lambda state: None)
    undoing = Undoing(objective, rng)
    for count in (0, 3, LaneRng.BLOCK - 4, LaneRng.BLOCK):  # the next draws reach into further blocks
        rng.random((count,))
        before = undoing.position()
        drawn = rng.random((7,))
        with undoing.undone(before):
            np.testing.assert_array_equal(rng.random((7,)), drawn)
            rng.random((2 * LaneRng.BLOCK,))
        twin = LaneRng([3, 5], "objective")
        twin.load_state(rng.state())
        with undoing.undone():
            ahead = rng.random((9,))
        np.testing.assert_array_equal(rng.random((9,)), ahead)
        np.testing.assert_array_equal(twin.random((9,)), ahead)
