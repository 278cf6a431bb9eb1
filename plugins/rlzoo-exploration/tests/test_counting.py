"""UCB and Boltzmann-Gumbel exploration."""

from typing import Any

import numpy as np
import pytest
import torch
from exploration_specs import make_spec
from gymnasium.spaces import Box, Discrete
from scipy.integrate import quad
from scipy.stats import chisquare, gumbel_r

from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner
from rlzoo_exploration.boltzmann_gumbel import BoltzmannGumbel
from rlzoo_exploration.ucb import UCB

STATES = Discrete(4, start=5)
Q = np.array([0.3, 0.0, 0.5], np.float32)
KINDS = {"ucb": UCB, "boltzmann-gumbel": BoltzmannGumbel}


def built(options: Any, lanes: int = 1, envs: int = 1, actions: int = 3) -> Any:
    return options.build(make_spec(STATES, actions, lanes, envs))


def act(policy: Any, state: np.ndarray, q: np.ndarray = Q) -> np.ndarray:
    """Actions in states `[L, N]` of which all have the same values."""
    policy.observe(state, np.zeros(state.shape, np.bool_))
    return policy.act(np.broadcast_to(q, (*state.shape, len(q))), Clock(len(state)))


def test_ucb_chooses_as_the_formula_says() -> None:
    policy, counts = built(UCB(0.7), lanes=2, envs=1), np.zeros((2, 4, 3))
    states = np.random.default_rng(0).integers(4, size=(300, 2, 1))
    for state in states:
        for lane, action in enumerate(act(policy, state + 5)[:, 0]):
            n = counts[lane, state[lane, 0]]
            with np.errstate(divide="ignore", invalid="ignore"):
                bound = Q + 0.7 * np.sqrt(np.log(n.sum()) / n)
            assert action == (np.flatnonzero(n == 0)[0] if (n == 0).any() else bound.argmax())
            n[action] += 1
    np.testing.assert_array_equal(policy.counts, counts)


def test_ucb_without_a_bonus_is_greedy_once_all_was_tried() -> None:
    policy, state = built(UCB(0.0)), np.array([[7]])
    assert [int(act(policy, state)[0, 0]) for _ in range(6)] == [0, 1, 2, 2, 2, 2]


def test_boltzmann_gumbel_with_equal_counts_is_boltzmann() -> None:
    policy, envs = built(BoltzmannGumbel(2.0), envs=6000), 6000
    policy.counts[:] = 16
    weights = np.exp(Q.astype(np.float64) / (2 / 4))
    found = np.bincount(act(policy, np.full((1, envs), 6))[0], minlength=3)
    assert chisquare(found, envs * weights / weights.sum()).pvalue > 1e-3


def test_boltzmann_gumbel_perturbs_what_was_tried_less_by_more() -> None:
    policy, envs, counts = built(BoltzmannGumbel(), envs=6000), 6000, np.array([1, 100, 9])
    policy.counts[0, 2] = counts
    found = np.bincount(act(policy, np.full((1, envs), 7))[0], minlength=3)
    assert chisquare(found, envs * np.array([chance(action, 1 / np.sqrt(counts)) for action in range(3)])).pvalue > 1e-3


def chance(action: int, beta: np.ndarray) -> float:
    """That `Q[action] + beta[action] * noise` is the highest, integrated over the noise."""
    others = [other for other in range(3) if other != action]

    def density(noise: float) -> float:
        reached = Q[action] + beta[action] * noise
        return gumbel_r.pdf(noise) * np.prod([gumbel_r.cdf((reached - Q[other]) / beta[other]) for other in others])

    return float(quad(density, -5, 60, limit=200)[0])


def test_pitfall_17_each_environment_has_noise_of_its_own() -> None:
    policy, seen = built(BoltzmannGumbel(), lanes=2, envs=2, actions=2), []
    for _ in range(1500):
        policy.counts[:] = 1
        seen.append(act(policy, np.full((2, 2), 5), np.zeros(2)).ravel())
    assert np.abs(np.corrcoef(np.array(seen).T) - np.eye(4)).max() < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_never_tried_comes_first(kind: str) -> None:
    policy = built(KINDS[kind](), lanes=2)
    for action in range(3):
        assert (act(policy, np.array([[5], [8]])) == action).all()
    assert policy.counts[0].tolist() == [[1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert policy.counts[1].tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize("kind", KINDS)
def test_environments_of_a_lane_count_together(kind: str) -> None:
    policy = built(KINDS[kind](), envs=5)
    act(policy, np.full((1, 5), 6))
    assert policy.counts.sum() == policy.counts[0, 1, 0] == 5


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_those_of_the_limit(kind: str) -> None:
    q = np.broadcast_to(Q, (1, 2, 3))
    assert built(KINDS[kind]()).probabilities(q, Clock(1)).tolist() == [[[0, 0, 1]] * 2]


@pytest.mark.parametrize("kind", KINDS)
def test_observations_that_are_not_states_are_refused(kind: str) -> None:
    with pytest.raises(OptionError, match=rf"`exploration={kind}` counts visits, so it needs Discrete observations"):
        KINDS[kind]().build(make_spec(Box(-1, 1, (4,))))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("algorithm", ["q-learning", "sarsa"])
def test_every_step_of_a_run_counts_once(kind: str, algorithm: str) -> None:
    settings = {"train.steps": 60, "train.envs": 2}
    composition = compose(installed(), algorithm, {"exploration": kind}, settings, "FrozenLake-v1")
    runner = Runner(composition, (0, 1), torch.device("cpu"))
    list(runner.run())
    assert runner.parts.exploration.counts.sum((1, 2)).tolist() == [60, 60]  # type: ignore[attr-defined]
