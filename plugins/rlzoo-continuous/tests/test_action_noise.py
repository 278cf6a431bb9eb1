"""Noise: its distribution in closed form, bounds, episodes and lanes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.spaces import Box

from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock
from rlzoo.testing import make_spec
from rlzoo_continuous.noise import Gaussian, NoisePolicy, OrnsteinUhlenbeck

WIDE = Box(-1e6, 1e6, (2,))
SEEDS = range(20)


def policy_of(options: Gaussian | OrnsteinUhlenbeck, space: Box = WIDE, envs: int = 5) -> NoisePolicy:
    policy = options.build(make_spec(action_space=space, seeds=SEEDS, envs=envs))
    assert isinstance(policy, NoisePolicy)
    return policy


def simulate(policy: NoisePolicy, steps: int) -> np.ndarray:
    """The actions around a greedy action of 3, less that action: `[steps, L, N, D]`."""
    greedy, clock = np.full((len(SEEDS), 5, 2), 3.0, np.float32), Clock(len(SEEDS))
    return np.stack([policy.act(greedy, clock) - greedy for _ in range(steps)]).astype(np.float64)


def test_ornstein_uhlenbeck_noise_has_the_stationary_variance_and_autocorrelation_in_closed_form() -> None:
    theta, sigma, dt = 0.4, 0.3, 0.5
    x = simulate(policy_of(OrnsteinUhlenbeck(theta, sigma, dt)), 2_000)[100:]
    decay = 1 - theta * dt
    variance = sigma**2 * dt / (1 - decay**2)
    assert np.square(x).mean() == pytest.approx(variance, rel=0.03)
    assert abs(x.mean()) < 0.01
    for lag in (1, 3, 8):
        assert (x[lag:] * x[:-lag]).mean() / np.square(x).mean() == pytest.approx(decay**lag, abs=0.02)
    assert abs((x[:, 0, 0, 0] * x[:, 1, 0, 0]).mean()) < 0.2 * variance  # lanes are independent,
    assert abs((x[..., 0] * x[..., 1]).mean()) < 0.03 * variance  # and so are the numbers of an action


def test_gaussian_noise_is_normal_and_has_no_memory() -> None:
    x = simulate(policy_of(Gaussian(0.25)), 1_000)
    assert x.std() == pytest.approx(0.25, rel=0.02)
    assert (np.abs(x) < 0.25).mean() == pytest.approx(0.6827, abs=0.01)
    assert abs((x[1:] * x[:-1]).mean()) < 0.01 * 0.25**2


def test_noise_starts_at_zero_where_an_episode_begins_and_there_only() -> None:
    policy = policy_of(OrnsteinUhlenbeck(0.1, 0.2))
    simulate(policy, 10)
    before, begun = policy.state()["x"], np.zeros((len(SEEDS), 5), np.bool_)
    begun[3, 2] = True
    policy.observe(np.zeros((len(SEEDS), 5, 4)), begun)
    expected = np.where(begun[..., None], 0.0, before)
    np.testing.assert_array_equal(policy.state()["x"], expected)
    assert (before != 0).all()


def test_actions_are_clipped_to_the_bounds_and_noise_is_not() -> None:
    policy = policy_of(OrnsteinUhlenbeck(0.0, 5.0), Box(np.array([-1, 2], np.float32), np.array([4, 9], np.float32)))
    taken = simulate(policy, 50) + 3
    assert (taken.min((0, 1, 2)).tolist(), taken.max((0, 1, 2)).tolist()) == ([-1, 2], [4, 9])
    assert np.abs(policy.state()["x"]).max() > 20


def test_scalar_actions_have_scalar_noise() -> None:
    policy = Gaussian(0.1).build(make_spec(action_space=Box(-1, 1, ())))
    assert policy.act(np.zeros((2, 1), np.float32), Clock(2)).shape == (2, 1)


def test_noise_that_would_grow_is_refused() -> None:
    with pytest.raises(OptionError, match=r"`exploration.theta` times `exploration.dt` must be below 2"):
        policy_of(OrnsteinUhlenbeck(theta=0.5, dt=4.0))
    spec = replace(make_spec(action_space=WIDE), lanes=2)
    with pytest.raises(OptionError, match="below 2"):
        OrnsteinUhlenbeck(theta=np.array([[0.1], [2.5]])).build(spec)  # type: ignore[arg-type]  # one for each lane
