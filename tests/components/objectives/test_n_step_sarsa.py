"""Sarsa and Expected Sarsa against a loop over their sequences, one step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlzoo.components.objectives.expected_sarsa import ExpectedSarsa
from rlzoo.components.objectives.sarsa import Sarsa
from rlzoo.contracts import Batch
from rlzoo.lanes.params import Params

from support.tiny import make_runner, make_spec

KINDS = (Sarsa, ExpectedSarsa)
GAMMA, LANES, SIZE, FEATURES, ACTIONS = 0.9, 2, 5, 4, 3


def predict(params: Params, x: torch.Tensor) -> torch.Tensor:
    return torch.bmm(x, params["w"])


def policy(q: np.ndarray) -> np.ndarray:
    """The probability of every action, more for better ones: `[..., A]` -> `[..., A]`."""
    return np.exp(q) / np.exp(q).sum(-1, keepdims=True)


def weights(seed: int) -> Params:
    return {"w": torch.randn(LANES, FEATURES, ACTIONS, generator=torch.Generator().manual_seed(seed))}


def make_sequences(length: int, seed: int, ends: float = 0.2) -> Batch:
    """Random sequences, in which each step ends the episode in either way with probability `ends`.

    What lies beyond the end of the episode is NaN, so that nothing can be learnt from it.
    """
    rng = np.random.default_rng(seed)
    shape = (LANES, SIZE, length)
    terminated, truncated = rng.random((2, *shape)) < ends
    over = (terminated | truncated).cumsum(-1) > 0
    valid = np.concatenate([np.ones((LANES, SIZE, 1), np.bool_), ~over[..., :-1]], -1)
    observation = rng.normal(size=(*shape, FEATURES)).astype(np.float32)
    reward = rng.normal(size=shape).astype(np.float32)
    next_observation = np.concatenate([observation[:, :, 1:], rng.normal(size=(LANES, SIZE, 1, FEATURES))], 2)
    next_observation = next_observation.astype(np.float32)
    observation[~valid], reward[~valid], next_observation[~valid] = np.nan, np.nan, np.nan
    return Batch(
        observation=torch.from_numpy(observation),
        action=torch.from_numpy(rng.integers(ACTIONS, size=shape)),
        reward=torch.from_numpy(reward),
        next_observation=torch.from_numpy(next_observation),
        discount=torch.full(shape, GAMMA),
        terminated=torch.from_numpy(terminated),
        truncated=torch.from_numpy(truncated),
        index=torch.zeros(LANES, SIZE, dtype=torch.int64),
        weight=torch.ones(LANES, SIZE),
        valid=torch.from_numpy(valid),
    )


def error_by_hand(kind: Any, batch: Batch, lane: int, b: int, n: int) -> float:
    """Target minus prediction of one sequence; Sarsa's uses the expected value only after a truncation."""
    online, target = (weights(seed)["w"][lane].double().numpy() for seed in (0, 1))
    observation, action = batch.observation[lane, b].double().numpy(), batch.action[lane, b].tolist()

    def expected(following: np.ndarray) -> float:
        return float(policy(following @ online) @ (following @ target))

    goal = 0.0
    for step in range(n):
        goal += GAMMA**step * float(batch.reward[lane, b, step])
        if batch.terminated[lane, b, step]:
            break
        if batch.truncated[lane, b, step]:
            following = batch.next_observation[lane, b, step].double().numpy()
            goal += GAMMA ** (step + 1) * expected(following)
            break
    else:
        after = observation[n]
        goal += GAMMA**n * ((after @ target)[action[n]] if kind is Sarsa else expected(after))
    return goal - float((observation[0] @ online)[action[0]])


@pytest.mark.parametrize("kind", KINDS)
@given(n=st.integers(1, 4), seed=st.integers(0, 10_000), ends=st.sampled_from([0.0, 0.2, 0.7]))
def test_loss_and_error_are_those_of_a_loop(kind: Any, n: int, seed: int, ends: float) -> None:
    objective, batch = kind(gamma=GAMMA).build(make_spec(n_step=n, policy=policy)), make_sequences(n + 1, seed, ends)
    assert objective.length == n + 1
    loss, error = objective(predict, weights(0), weights(1), batch)
    expected = np.array([[error_by_hand(kind, batch, lane, b, n) for b in range(SIZE)] for lane in range(LANES)])
    np.testing.assert_allclose(error, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(loss, expected**2, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 3])
def test_only_the_prediction_of_the_first_action_has_a_gradient(kind: Any, n: int) -> None:
    objective = kind(gamma=GAMMA, loss="half-mse").build(make_spec(n_step=n, policy=policy))
    batch = make_sequences(n + 1, 3)
    shared = weights(0)["w"].requires_grad_()
    loss, error = objective(predict, {"w": shared}, {"w": shared}, batch)
    loss.sum().backward()
    expected = torch.zeros(LANES, FEATURES, ACTIONS)
    for lane, b in np.ndindex(LANES, SIZE):
        expected[lane, :, batch.action[lane, b, 0]] -= error[lane, b] * batch.observation[lane, b, 0]
    torch.testing.assert_close(shared.grad, expected)
    assert not error.requires_grad


@pytest.mark.parametrize("kind", KINDS)
def test_a_terminated_episode_has_no_value_and_a_truncated_one_that_of_the_policy(kind: Any) -> None:
    objective, batch = kind(gamma=GAMMA).build(make_spec(policy=policy)), make_sequences(2, 0, ends=0.0)
    batch.reward.fill_(1.0)
    batch.terminated[:, 0, 0], batch.truncated[:, 1:, 0] = True, True
    batch.valid[..., 1] = False  # type: ignore[index]
    batch.observation[:, :, 1] = torch.nan
    zeros = {"w": torch.zeros(LANES, FEATURES, ACTIONS, requires_grad=True)}
    loss, found = objective(predict, zeros, weights(1), batch)
    following = predict(weights(1), batch.next_observation[:, :, 0]).mean(-1)  # all actions are equally likely
    torch.testing.assert_close(found[:, 0], torch.ones(LANES))
    torch.testing.assert_close(found[:, 1:], 1 + GAMMA * following[:, 1:])
    assert torch.autograd.grad(loss.sum(), zeros["w"])[0].isfinite().all()


def test_gamma_may_differ_between_lanes() -> None:
    gamma, batch = np.array([[0.5], [0.9]]), make_sequences(3, 1)
    for kind in KINDS:
        together = kind(gamma=gamma).build(make_spec(n_step=2, policy=policy))(predict, weights(0), weights(1), batch)
        for lane, number in enumerate([0.5, 0.9]):
            alone = kind(gamma=number).build(make_spec(n_step=2, policy=policy))
            error = alone(predict, weights(0), weights(1), batch)[1]
            assert torch.equal(error[lane], together[1][lane])


def test_both_learn_from_the_same_places_of_the_buffer() -> None:
    drawn = {}
    for name in ("sarsa", "expected-sarsa"):
        settings = {"train.steps": 200, "train.learning_starts": 20, "train.update_every": 5, "train.n_step": 2}
        runner = make_runner("dqn", settings, "Random", (0, 1), objective=name)
        places = drawn[name] = list[torch.Tensor]()
        runner.parts.buffer.feedback = lambda index, _, to=places: to.append(index)  # type: ignore[method-assign, misc]
        list(runner.run())
    assert len(drawn["sarsa"]) > 30
    assert torch.equal(torch.stack(drawn["sarsa"]), torch.stack(drawn["expected-sarsa"]))
