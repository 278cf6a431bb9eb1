"""Exploration among allowed actions: the Q value of a forbidden one is -inf."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from rlzoo.components.exploration.boltzmann import Boltzmann
from rlzoo.components.exploration.epsilon_greedy import EpsilonGreedy
from rlzoo.components.exploration.greedy import Greedy
from rlzoo.components.exploration.random_action import allowed, random_action, random_probabilities
from rlzoo.contracts import ExplorationPolicy
from rlzoo.lanes.clock import Clock

from support.tiny import make_spec

ACTIONS = 4
MASKS = [np.array(mask, np.bool_) for mask in product([0, 1], repeat=ACTIONS) if any(mask)]
POLICIES: dict[str, Any] = {
    "epsilon-greedy": EpsilonGreedy(schedule="constant", start=0.6),
    "boltzmann": Boltzmann(temperature=2.0),
    "greedy": Greedy(),
}


def masked(mask: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Random Q values `[1, count, A]`, -inf where `mask` forbids."""
    q = np.random.default_rng(seed).normal(size=(1, count, ACTIONS)).astype(np.float32)
    return np.where(mask, q, np.float32(-np.inf))


def build(name: str, envs: int) -> ExplorationPolicy:
    return POLICIES[name].build(make_spec(actions=ACTIONS, lanes=1, envs=envs))


@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: "".join(str(int(bit)) for bit in mask))
def test_random_actions_are_uniform_over_the_allowed_ones(mask: np.ndarray) -> None:
    uniform = np.random.default_rng(0).random(20_000)
    found = np.bincount(random_action(uniform, np.where(mask, 0.0, -np.inf) + np.zeros((20_000, 1))), minlength=ACTIONS)
    assert (found[~mask] == 0).all()
    assert mask.sum() == 1 or chisquare(found[mask]).pvalue > 1e-3


def test_random_actions_differ_by_state() -> None:
    q = np.where(MASKS, 0.0, -np.inf)
    for u in (0.0, 0.3, 0.999, np.nextafter(1, 0)):
        for mask, action in zip(MASKS, random_action(np.full(len(MASKS), u), q), strict=True):
            choices = np.flatnonzero(mask)
            assert action == choices[int(u * len(choices))]


def test_without_masks_random_actions_have_the_same_bits_as_ever() -> None:
    uniform = np.random.default_rng(0).random((3, 500))
    for actions in (1, 2, 3, 4, 6, 18):
        q = np.random.default_rng(1).normal(size=(3, 500, actions))
        expected = (uniform * actions).astype(np.int64)
        assert np.array_equal(random_action(uniform, q), expected)
        q[0] = -np.inf  # a lane whose weights are infinite does not disturb the others
        assert np.array_equal(random_action(uniform, q)[1:], expected[1:])


def test_random_probabilities_are_equal_among_the_allowed_actions() -> None:
    q = np.where(MASKS, 0.0, -np.inf)
    expected = 0.3 * np.array(MASKS) / np.sum(MASKS, -1, keepdims=True)
    np.testing.assert_allclose(random_probabilities(q, np.array([0.3])), expected)
    assert (random_probabilities(np.full((2, 3), -np.inf), np.array([0.3])) == 0).all()  # a terminal state


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: "".join(str(int(bit)) for bit in mask))
def test_a_policy_chooses_allowed_actions_as_often_as_it_says(name: str, mask: np.ndarray) -> None:
    envs = 4_000
    policy, clock, q = build(name, envs), Clock(1), np.broadcast_to(masked(mask, 1), (1, envs, ACTIONS))
    probabilities = policy.probabilities(q[:, :1], clock)[0, 0]
    found = np.bincount(policy.act(q, clock)[0], minlength=ACTIONS)
    assert (probabilities[~mask] == 0).all()
    assert probabilities.sum() == pytest.approx(1)
    assert (found[~mask] == 0).all()
    possible = probabilities > 0
    assert (found[~possible] == 0).all()
    assert possible.sum() == 1 or chisquare(found[possible], envs * probabilities[possible]).pvalue > 1e-3


@pytest.mark.parametrize("name", POLICIES)
def test_masking_an_action_is_leaving_it_out(name: str) -> None:
    mask = np.array([True, False, True, True])
    q = masked(mask, 50)
    among = build(name, 1).probabilities(q[..., mask], Clock(1))
    np.testing.assert_allclose(build(name, 1).probabilities(q, Clock(1))[..., mask], among, rtol=1e-6)


class LargestNumbers:
    """Draws the largest number below 1, always."""

    def random(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.full((1, *shape), np.nextafter(1, 0))


def test_rounding_never_gives_boltzmann_a_forbidden_action() -> None:
    envs = 2_000
    policy = Boltzmann().build(make_spec(actions=ACTIONS, lanes=1, envs=envs))
    policy.rng = LargestNumbers()  # type: ignore[attr-defined]
    for mask in MASKS:
        q = masked(mask, envs)
        action = policy.act(q, Clock(1))
        assert np.take_along_axis(allowed(q), action[..., None], -1).all()
