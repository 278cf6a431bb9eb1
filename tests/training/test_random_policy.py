from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.training import random_policy
from rlzoo.training.random_policy import measure_random_return


class Masked(gymnasium.Env):
    """Three steps; action 2 is forbidden, and the reward is the action."""

    observation_space, action_space = Box(0, 1, (1,)), Discrete(3)

    def reset(self, *, seed=None, options=None):
        self.time = 0
        return np.zeros(1, np.float32), {"action_mask": np.array([1, 1, 0], np.int8)}

    def step(self, action):
        assert action != 2
        self.time += 1
        return (
            np.zeros(1, np.float32),
            float(action),
            self.time == 3,
            False,
            {"action_mask": np.array([1, 1, 0], np.int8)},
        )


gymnasium.register("rlzoo-tests/MaskedThree-v0", Masked)


def test_the_mean_is_that_of_uniform_actions() -> None:
    counting = measure_random_return(Gymnasium("support.tiny:Counting"))  # 1 + ... + 5, and 0, 0.1 or 0.2 a step
    assert counting is not None
    assert counting.episodes == 100
    assert abs(counting.mean - 15.5) < 4 * counting.standard_error
    deviation = 0.1 * (2 / 3 * 5) ** 0.5
    assert counting.standard_error == pytest.approx(deviation / 10, rel=0.3)


def test_forbidden_actions_are_never_taken() -> None:
    masked = measure_random_return(Gymnasium("rlzoo-tests/MaskedThree-v0"))
    assert masked is not None
    assert abs(masked.mean - 1.5) < 4 * masked.standard_error


def test_it_is_repeatable() -> None:
    first, second = (measure_random_return(Gymnasium("CartPole-v1")) for _ in range(2))
    assert first == second
    assert first is not None
    assert 18 < first.mean < 27


@pytest.mark.parametrize(
    "options",
    [
        Gymnasium("support.tiny:Faulty", kwargs={"fault": "raise", "at": 3}),
        Gymnasium("no-such-environment-v0"),
        Gymnasium("support.tiny:Counting", kwargs={"length": 10_000}),
    ],
)
def test_an_environment_that_fails_or_is_too_slow_has_none(options: Gymnasium, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_policy, "SECONDS", 0.1)
    assert measure_random_return(options) is None


def test_continuous_actions_are_uniform_in_their_bounds() -> None:
    pendulum = measure_random_return(Gymnasium("Pendulum-v1"))
    assert pendulum is not None
    assert -1500 < pendulum.mean < -900
