from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from rlzoo.components.exploration.epsilon_greedy import EpsilonGreedy
from rlzoo.contracts import ExplorationPolicy
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock

from support.tiny import make_spec

BEST = 2
Q = np.broadcast_to(np.array([0.1, -3.0, 0.5, 0.2], np.float32), (2, 5000, 4))


def constant(epsilon: float, envs: int = 5000) -> ExplorationPolicy:
    return EpsilonGreedy("constant", start=epsilon).build(make_spec(actions=4, envs=envs))


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 1.0])
def test_actions_come_as_often_as_epsilon_says(epsilon: float) -> None:
    expected = np.full(4, epsilon / 4) + (1 - epsilon) * (np.arange(4) == BEST)
    for lane in constant(epsilon).act(Q, Clock(2)):
        assert chisquare(np.bincount(lane, minlength=4), 5000 * expected).pvalue > 1e-3


def test_without_epsilon_the_first_best_action_is_taken() -> None:
    q = np.zeros((2, 5000, 4), np.float32)
    assert (constant(0.0).act(Q, Clock(2)) == BEST).all()
    assert (constant(0.0).act(q, Clock(2)) == 0).all()


def test_probabilities_are_those_of_acting() -> None:
    clock = Clock(2)
    clock.episodes[:] = 1, 4
    policy = EpsilonGreedy("inverse", start=1.0).build(make_spec(actions=4))
    chances = policy.probabilities(Q[:, :3], clock)
    for lane, epsilon in enumerate((1 / 2, 1 / 5)):
        expected = np.full(4, epsilon / 4) + (1 - epsilon) * (np.arange(4) == BEST)
        np.testing.assert_allclose(chances[lane], np.tile(expected, (3, 1)))


def test_pitfall_17_each_environment_tosses_its_own_coin() -> None:
    policy, explored = constant(0.5, envs=8), []
    q = np.zeros((2, 8, 1000), np.float32)  # so many actions that action 0 is only ever the greedy one
    for _ in range(2000):
        explored.append(policy.act(q, Clock(2)) != 0)
    together = np.array(explored).reshape(2000, 16).astype(float)
    correlation = np.corrcoef(together.T) - np.eye(16)
    assert np.abs(correlation).max() < 0.1
    np.testing.assert_allclose(together.mean(0), 0.5, atol=0.05)


def count_steps(clock: Clock, count: int) -> None:
    clock.steps = count


def count_episodes(clock: Clock, count: int) -> None:
    clock.episodes[:] = count


@pytest.mark.parametrize(
    ("options", "advance", "expected"),
    [
        ({}, count_steps, {0: 1.0, 250: 0.525, 500: 0.05, 900: 0.05}),  # of 1,000 steps
        ({"start": 0.8, "end": 0.2, "steps": 60}, count_steps, {0: 0.8, 20: 0.6, 60: 0.2, 70: 0.2}),
        ({"fraction": 1.0, "end": 0.0}, count_steps, {0: 1.0, 100: 0.9, 1000: 0.0}),
        ({"schedule": "exponential"}, count_episodes, {0: 1.0, 1: 0.995, 100: 0.995**100}),
        ({"schedule": "exponential", "decay": 0.5, "end": 0.2}, count_episodes, {1: 0.5, 2: 0.25, 3: 0.2}),
        ({"schedule": "inverse", "start": 0.3}, count_episodes, {0: 0.3, 1: 0.15, 9: 0.03}),
        ({"schedule": "constant", "start": 0.1}, count_steps, {0: 0.1, 900: 0.1}),
    ],
)
def test_epsilon_follows_its_schedule(
    options: dict[str, Any], advance: Callable[[Clock, int], None], expected: dict[int, float]
) -> None:
    policy, clock = EpsilonGreedy(**options).build(make_spec()), Clock(2)
    for count, epsilon in expected.items():
        advance(clock, count)
        np.testing.assert_allclose(policy.metrics(clock)["epsilon"], epsilon)


def test_epsilon_by_episodes_is_each_lanes_own() -> None:
    clock = Clock(2)
    clock.episodes[:] = 0, 10**9
    policy = EpsilonGreedy("inverse", start=1.0).build(make_spec(actions=4, envs=5000))
    action = policy.act(Q, clock)
    assert (action[0] != BEST).any()
    assert (action[1] == BEST).all()


def test_a_fraction_of_a_run_counted_in_episodes_is_refused() -> None:
    with pytest.raises(OptionError, match=r"`exploration\.fraction`"):
        EpsilonGreedy().build(make_spec(steps=None))
