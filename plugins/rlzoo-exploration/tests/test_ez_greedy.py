from typing import Any

import numpy as np
import pytest
from exploration_specs import make_spec
from gymnasium.spaces import Box
from scipy.stats import chisquare

from rlzoo.lanes.clock import Clock
from rlzoo_exploration.ez_greedy import EZGreedy

SPACE = Box(-1, 1, (4,))


def built(epsilon: float, lanes: int = 1, envs: int = 1, **options: Any) -> Any:
    return EZGreedy("constant", start=epsilon, **options).build(make_spec(SPACE, 1000, lanes, envs))


def act(policy: Any, lanes: int, envs: int, begun: Any = False, actions: int = 1000) -> np.ndarray:
    """Actions where the first of so many is best that the policy only takes it when it is greedy."""
    policy.observe(np.zeros((lanes, envs, 4), np.float32), np.broadcast_to(begun, (lanes, envs)))
    return policy.act(np.broadcast_to(np.eye(1, actions, dtype=np.float32)[0], (lanes, envs, actions)), Clock(lanes))


@pytest.mark.parametrize("mu", [1.5, 2.0, 3.0])
def test_durations_come_as_often_as_the_zeta_distribution_says(mu: float) -> None:
    policy = built(1.0, lanes=2, envs=3000, mu=mu, longest=6)
    act(policy, 2, 3000)
    expected = np.arange(1, 7) ** -mu
    for lane in policy.left + 1:  # one step of each repetition is over
        assert chisquare(np.bincount(lane, minlength=7)[1:], 3000 * expected / expected.sum()).pvalue > 1e-3


def test_an_action_is_repeated_for_its_duration_and_no_longer() -> None:
    policy = built(1.0, envs=50, longest=8)
    first = act(policy, 1, 50)
    left = policy.left.copy()
    assert (left > 1).any()
    for time in range(1, 9):
        action = act(policy, 1, 50)
        assert (action == first)[left >= time].all()
        assert (action != first)[left == time - 1].all()  # one of 1,000 others begins


def test_decisions_explore_as_often_as_epsilon_says() -> None:
    """By a renewal argument: of a decision's steps, 1 or its duration, epsilon E[n] / (1 - epsilon + epsilon E[n])."""
    policy, chances = built(0.2, envs=200, longest=5), np.arange(1, 6) ** -2.0
    duration = (np.arange(1, 6) * chances).sum() / chances.sum()
    explored = np.mean([act(policy, 1, 200) != 0 for _ in range(400)][50:])
    expected = 0.2 * duration / (0.8 + 0.2 * duration)
    np.testing.assert_allclose(explored, expected * 0.999, atol=0.01)  # one random action in 1000 is the best


def test_random_actions_are_uniform() -> None:
    policy = EZGreedy("constant", start=1.0).build(make_spec(SPACE, 4, envs=6000))
    assert chisquare(np.bincount(act(policy, 1, 6000, actions=4)[0], minlength=4)).pvalue > 1e-3


def test_without_repetition_it_is_epsilon_greedy() -> None:
    policy = built(0.3, envs=4000, longest=1)
    for _ in range(2):
        np.testing.assert_allclose((act(policy, 1, 4000) != 0).mean(), 0.3 * 0.999, atol=0.03)
        assert not policy.left.any()


def test_a_repetition_ends_with_its_episode() -> None:
    policy = built(0.0, lanes=2, envs=2)
    policy.left[:], policy.repeated[:] = 100, 7
    assert act(policy, 2, 2, begun=[[True, False], [False, True]]).tolist() == [[0, 7], [7, 0]]
    assert act(policy, 2, 2).tolist() == [[0, 7], [7, 0]]


def test_pitfall_17_each_environment_tosses_its_own_coin() -> None:
    policy = built(0.5, lanes=2, envs=4, longest=1)
    explored = np.array([act(policy, 2, 4).ravel() != 0 for _ in range(2000)])
    assert np.abs(np.corrcoef(explored.T.astype(float)) - np.eye(8)).max() < 0.1


def test_probabilities_are_those_of_a_new_decision() -> None:
    q = np.array([[[0.0, 2.0, 1.0, 0.0]]], np.float32)
    np.testing.assert_allclose(built(0.4).probabilities(q, Clock(1)), [[[0.1, 0.7, 0.1, 0.1]]])


def test_epsilon_follows_the_schedules_of_epsilon_greedy() -> None:
    policy, clock = EZGreedy("linear", start=1.0, end=0.2, steps=100).build(make_spec(SPACE)), Clock(1)
    clock.steps = 50
    np.testing.assert_allclose(policy.metrics(clock)["epsilon"], 0.6)


def test_a_forbidden_action_is_not_repeated() -> None:
    policy = built(0.0, lanes=2)
    policy.left[:], policy.repeated[:] = 100, 3
    q = np.zeros((2, 1, 5), np.float32)
    q[1, :, 3] = -np.inf
    assert policy.act(q, Clock(2)).tolist() == [[3], [0]]
    assert policy.left.tolist() == [[99], [0]]
