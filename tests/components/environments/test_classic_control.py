"""The vectorized environments against Gymnasium's, bit for bit."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from rlzoo.components.environments.classic_control import ENGINES, CartPole
from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.components.environments.stepped import SteppedEnvironments

IDS = ("CartPole-v0", "CartPole-v1", "Acrobot-v1", "MountainCar-v0")
LANES, ENVS = 3, 4


def actions(id_: str, observation: np.ndarray, rng: np.random.Generator, step: int) -> np.ndarray:
    """Random ones, but for phases that make episodes long or let them succeed."""
    many = 2 if id_.startswith("CartPole") else 3
    drawn = rng.integers(many, size=observation.shape[:2])
    if step // 700 % 2 == 0:
        return drawn
    if many == 2:
        return (observation[..., 2] + observation[..., 3] > 0).astype(np.int64)
    speed = observation[..., 1 if id_.startswith("MountainCar") else 4]
    return np.where(speed < 0, 0, 2)  # pump energy into the system


def test_the_engine_is_chosen_where_nothing_is_changed() -> None:
    assert isinstance(Gymnasium("CartPole-v1").build(1, 1), CartPole)
    assert Gymnasium("CartPole-v1", max_episode_steps=50).build(1, 4).kernel.max_steps == 50
    for other in (
        Gymnasium("CartPole-v1", engine="gymnasium"),
        Gymnasium("CartPole-v1", kwargs={"sutton_barto_reward": True}),
        Gymnasium("CartPole-v1", wrappers=("gymnasium.wrappers:NormalizeObservation",)),
        Gymnasium("FrozenLake-v1"),
    ):
        assert isinstance(other.build(2, 4), SteppedEnvironments)


@pytest.mark.parametrize("id_", IDS)
@pytest.mark.parametrize("steps", [1_500, pytest.param(100_000 // (LANES * ENVS), marks=pytest.mark.slow)])
def test_every_number_is_gymnasiums(id_: str, steps: int) -> None:
    spec = gymnasium.spec(id_)
    assert isinstance(spec.entry_point, str)
    assert spec.max_episode_steps is not None
    fast = ENGINES[spec.entry_point](id_, spec.max_episode_steps, LANES, ENVS)
    plain = Gymnasium(id_, engine="gymnasium").build(LANES, ENVS)
    rng = np.random.default_rng(0)
    everywhere = np.ones((LANES, ENVS), np.bool_)
    seeds = rng.integers(2**31, size=(LANES, ENVS))
    seen, episodes = plain.reset(everywhere, seeds), 0
    assert np.array_equal(fast.reset(everywhere, seeds), seen)
    for step in range(steps):
        action = actions(id_, seen, rng, step)
        expected, got = plain.step(action), fast.step(action)
        for one, other in zip(expected, got, strict=True):
            assert one.tobytes() == other.tobytes(), f"step {step}"
        seen, ended = expected[0], expected[2] | expected[3]
        if ended.any():
            episodes += int(ended.sum())
            seeds = rng.integers(2**31, size=(LANES, ENVS))
            seen = plain.reset(ended, seeds)
            assert fast.reset(ended, seeds).tobytes() == seen.tobytes()
    assert episodes > 10
