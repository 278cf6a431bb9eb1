from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from rlzoo.contracts import Buffer
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner
from rlzoo_replay.prioritized import Prioritized, PrioritizedBuffer

Add = Callable[..., None]
Fill = Callable[..., PrioritizedBuffer]
CATALOG = installed()


def told(buffer: Buffer, errors: np.ndarray) -> None:
    """Give the first transitions of each lane these errors `[L, B]`."""
    index = torch.arange(errors.shape[1]).expand(len(errors), -1)
    buffer.feedback(index, torch.from_numpy(errors.astype(np.float32)))


def small_run(settings: dict[str, Any], seeds: Sequence[int] = (0,), **components: str) -> Runner:
    """A run on CartPole that has just begun."""
    small = {"train.steps": 60, "train.learning_starts": 20, "train.update_every": 4, "train.batch_size": 8}
    composition = compose(CATALOG, "prioritized-dqn", components, small | settings, None)
    runner = Runner(composition, seeds, torch.device("cpu"))
    runner.begin()
    return runner


def test_pitfall_11_frequencies_fit_the_priorities(fill: Fill) -> None:
    buffer = fill(Prioritized(capacity=50, alpha=0.7), 50)
    errors = np.random.default_rng(0).normal(size=(2, 50))
    told(buffer, errors)
    drawn = torch.cat([buffer.sample(25).observation for _ in range(800)], 1)
    for lane, error in zip(drawn.numpy(), errors, strict=True):
        share = np.abs(error) ** 0.7
        counts = np.bincount(lane, minlength=50)
        assert chisquare(counts, counts.sum() * share / share.sum()).pvalue > 1e-3


@pytest.mark.parametrize("size", [1, 7, 40, 301])
def test_each_of_a_batch_comes_from_its_own_part_of_the_total(fill: Fill, size: int) -> None:
    """Nothing is drawn two times too often or too seldom, since no part of the total is."""
    buffer = fill(Prioritized(), 30)
    errors = np.random.default_rng(size).normal(size=(2, 30))
    told(buffer, errors)
    share = np.abs(errors) ** 0.6 / (np.abs(errors) ** 0.6).sum(-1, keepdims=True)
    counts = [np.bincount(lane, minlength=30) for lane in buffer.sample(size).index.numpy()]
    assert (np.abs(counts - size * share) < 2).all()


def test_pitfall_11_the_priority_is_the_error_not_its_square(fill: Fill) -> None:
    buffer = fill(Prioritized(alpha=1.0, eps=0.25), 3)
    told(buffer, np.array([[1.0, -3.0, 0.0], [0.5, 2.0, -0.5]]))
    expected = [[1.25, 3.25, 0.25], [0.75, 2.25, 0.75]]
    assert buffer.tree.leaves[:, :3].tolist() == expected


def test_pitfall_11_the_runner_feeds_back_the_errors_as_they_are() -> None:
    runner = small_run({"buffer.eps": 1e-3})
    buffer = runner.parts.buffer
    heard = []
    feedback = buffer.feedback
    buffer.feedback = lambda index, error: (heard.append((index, error)), feedback(index, error))  # type: ignore[func-returns-value]
    while not heard:
        runner.step()
    index, error = heard[0]
    np.testing.assert_allclose(buffer.tree.get(index.numpy()), (error.abs() + 1e-3) ** 0.6, rtol=1e-5)


def test_pitfall_11_new_transitions_get_the_largest_priority_so_far_of_their_lane(fill: Fill, add: Add) -> None:
    buffer = fill(Prioritized(alpha=0.5, eps=1e-12), 4)
    buffer.sample(2)
    assert (buffer.tree.leaves[:, :4] == 1).all()
    told(buffer, np.array([[0.01, 9.0], [0.01, 0.04]]))
    told(buffer, np.array([[0.01, 0.01], [0.01, 0.01]]))  # 9 is no longer there, but it was
    add(buffer, 1, 2, first=4)
    buffer.sample(2)
    np.testing.assert_allclose(buffer.tree.leaves[:, 4], [3.0, 1.0])


def test_what_is_evicted_takes_its_priority_along(fill: Fill, add: Add) -> None:
    buffer = fill(Prioritized(capacity=4), 4)
    told(buffer, np.full((2, 4), 100.0))
    add(buffer, 2, 2, first=4)
    told(buffer, np.array([[0.0], [0.0]]))  # the first place now holds transition 4
    drawn = buffer.sample(400).observation
    assert not (drawn == 0).any()
    assert not (drawn == 1).any()
    assert (drawn == 4).sum() < 8
    assert len(buffer) == 4


def test_weights_are_as_the_paper_has_them(fill: Fill) -> None:
    buffer = fill(Prioritized(beta=0.5, beta_end=0.5, eps=1e-12), 20)
    errors = np.random.default_rng(0).exponential(size=(2, 20))
    told(buffer, errors)
    batch = buffer.sample(7)
    chance = errors**0.6 / (errors**0.6).sum(-1, keepdims=True)
    weight = (20 * np.take_along_axis(chance, batch.index.numpy(), 1)) ** -0.5
    np.testing.assert_allclose(batch.weight, weight / weight.max(-1, keepdims=True), rtol=1e-6)
    assert batch.weight.dtype == torch.float32
    assert (batch.weight.amax(-1) == 1).all()


def test_alpha_0_samples_evenly_with_weights_of_one(fill: Fill) -> None:
    buffer = fill(Prioritized(alpha=0.0), 50)
    told(buffer, np.random.default_rng(0).normal(size=(2, 50)))
    batch = buffer.sample(50)
    assert torch.equal(batch.observation, torch.arange(50).expand(2, -1))  # one from each of 50 equal parts
    assert (batch.weight == 1).all()


@pytest.mark.parametrize("envs", [1, 4])
def test_pitfall_11_beta_rises_linearly_to_1_at_the_end(envs: int) -> None:
    runner = small_run({"train.envs": envs, "buffer.capacity": 12})  # it is full long before the end
    assert runner.parts.buffer.beta == 0.4
    assert runner.parts.buffer.metrics(runner.clock) == {"beta": 0.4}
    while runner.clock.steps < 20:
        runner.step()
    assert runner.parts.buffer.beta == pytest.approx(0.6)
    while not runner.finished:
        runner.step()
    assert runner.parts.buffer.beta == 1.0


def test_beta_is_reported_with_the_metrics() -> None:
    logs = [log for log in small_run({"train.log_every": 20}, seeds=(0, 1)).run() if log.metrics]
    reported = [log.metrics[seed]["beta"] for log in logs for seed in (0, 1)]
    assert reported == pytest.approx([0.6, 0.6, 0.8, 0.8, 1.0, 1.0])


def test_a_rising_beta_is_refused_where_the_end_is_not_known(fill: Fill) -> None:
    with pytest.raises(OptionError, match=r"this run counts episodes.*`buffer\.beta_end=0\.4`"):
        fill(Prioritized(), 1, steps=None)
    assert fill(Prioritized(beta=0.7, beta_end=0.7), 5, steps=None).beta == 0.7


@pytest.mark.parametrize("objective", installed(no_plugins=True).names("objective"))
def test_pitfall_11_weights_reach_the_loss_of_every_objective(objective: str) -> None:
    """Weights of two must double the gradient, weights of zero leave none."""
    gradients = []
    for factor in (1.0, 2.0, 0.0):
        runner = small_run({"train.learning_starts": 60, "optimizer.lr": 1e-9}, objective=objective)
        for _ in range(30):
            runner.step()
        batch = runner.parts.buffer.sample(8)
        batch.weight.mul_(factor)
        runner.learner.update(batch)
        gradients.append(runner.learner.row.grad.clone())
    assert gradients[0].any()
    assert torch.equal(gradients[1], 2 * gradients[0])
    assert not gradients[2].any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_errors_that_are_not_finite_stay_in_their_lane(fill: Fill, bad: float) -> None:
    clean, spoilt = (fill(Prioritized(capacity=30), 40, seeds=(0, 1, 2)) for _ in range(2))
    errors = np.random.default_rng(0).normal(size=(3, 30))
    told(clean, errors)
    errors[1, ::2] = bad
    told(spoilt, errors)
    for _ in range(3):
        a, b = clean.sample(9), spoilt.sample(9)
        for lane in (0, 2):
            assert torch.equal(a.index[lane], b.index[lane])
            assert torch.equal(a.weight[lane], b.weight[lane])
        assert (b.index < 30).all()
        assert b.weight.isfinite().all()


def test_state_out_and_in_goes_on_the_same(fill: Fill, add: Add) -> None:
    kept = fill(Prioritized(capacity=30), 40)
    told(kept, np.random.default_rng(0).normal(size=(2, 30)))
    add(kept, 3, 2, first=40)  # these have no priority yet
    other = fill(Prioritized(capacity=30), 0)
    other.load_state(kept.state())
    other.rng.load_state(kept.rng.state())
    for buffer in (kept, other):
        add(buffer, 2, 2, first=43)
    for _ in range(3):
        a, b = kept.sample(8), other.sample(8)
        for name in ("observation", "index", "weight"):
            assert torch.equal(getattr(a, name), getattr(b, name))
        for buffer in (kept, other):
            buffer.feedback(a.index, a.index / 7 - 1)


def test_several_steps_begin_at_the_sampled_transition(fill: Fill) -> None:
    buffer = fill(Prioritized(capacity=30), 40, n_step=3, gamma=0.5)
    told(buffer, np.random.default_rng(0).normal(size=(2, 30)))
    batch = buffer.sample(64)
    first, steps = batch.observation, (40 - batch.observation).clamp(max=3)
    assert torch.equal(batch.next_observation, first + steps)
    assert torch.equal(batch.discount, 0.5**steps)
    expected = sum(torch.where(k < steps, 0.5**k * (first + k), 0.0) for k in range(3))
    assert torch.equal(batch.reward, expected.float())
