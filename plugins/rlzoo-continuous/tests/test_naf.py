"""NAF: the loss against a loop over numbers, and the maximum of Q in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from continuous_problems import ACTIONS, batch_of
from torch import Tensor

from rlzoo.testing import make_spec
from rlzoo_continuous.naf import NAF, NAFObjective


def random_output(size: int, seed: int = 0) -> Tensor:
    outputs = 1 + size + size * (size + 1) // 2
    return torch.randn(2, 5, 1, outputs, generator=torch.Generator().manual_seed(seed))


def make_objective(**options: object) -> NAFObjective:
    objective = NAF(**options).build(make_spec(action_space=ACTIONS))  # type: ignore[arg-type]
    assert isinstance(objective, NAFObjective)
    return objective


def by_hand(output: list[float], action: list[float], squash: bool = True) -> tuple[float, list[float], float]:
    """V, mu and the advantage, number by number."""
    low, high, size = ACTIONS.low.tolist(), ACTIONS.high.tolist(), len(action)
    mu = [
        (low[i] + high[i]) / 2 + (high[i] - low[i]) / 2 * (math.tanh(raw) if squash else raw)
        for i, raw in enumerate(output[1 : 1 + size])
    ]
    entries = iter(output[1 + 2 * size :])
    matrix = [[0.0] * size for _ in range(size)]
    for row in range(size):
        matrix[row][row] = math.exp(output[1 + size + row])
        for column in range(row):
            matrix[row][column] = next(entries)
    advantage = 0.0
    for i in range(size):
        for j in range(size):
            precision = sum(matrix[i][k] * matrix[j][k] for k in range(size))  # of L L'
            advantage -= 0.5 * (action[i] - mu[i]) * precision * (action[j] - mu[j])
    return output[0], mu, advantage


@pytest.mark.parametrize("squash", [True, False])
def test_the_loss_is_that_of_a_loop_over_numbers(squash: bool) -> None:
    objective = make_objective(gamma=0.9, loss="half-mse", reward_scale=0.5, squash=squash)
    batch, outputs = batch_of(2, 5), {"online": random_output(3), "next": random_output(3, 1)}

    def predict(params: dict[str, Tensor], x: Tensor) -> Tensor:
        return outputs["online" if x is batch.observation else "next"]

    loss, error = objective(predict, {}, {}, batch)
    for lane, place in np.ndindex(2, 5):
        value, _, advantage = by_hand(
            outputs["online"][lane, place, 0].tolist(), batch.action[lane, place].tolist(), squash
        )
        later = 0.0 if batch.terminated[lane, place] else float(outputs["next"][lane, place, 0, 0])
        goal = 0.5 * float(batch.reward[lane, place]) + float(batch.discount[lane, place]) * later
        assert float(error[lane, place]) == pytest.approx(goal - value - advantage, rel=1e-4, abs=1e-4)
        assert float(loss[lane, place]) == pytest.approx((goal - value - advantage) ** 2 / 2, rel=1e-3, abs=1e-4)


def test_the_value_is_the_highest_and_mu_the_action_that_has_it() -> None:
    objective, output = make_objective(squash=True), random_output(3)
    best, value = objective.greedy(output), objective.q_values(output)[..., 0]
    for lane, place in np.ndindex(2, 5):
        expected_value, mu, _ = by_hand(output[lane, place, 0].tolist(), [0.0] * 3)
        np.testing.assert_allclose(best[lane, place], mu, rtol=1e-5, atol=1e-5)
        assert float(value[lane, place]) == pytest.approx(expected_value)
    assert torch.equal(value + objective.advantage(output, best), value)
    rng = np.random.default_rng(0)
    for _ in range(50):
        other = torch.from_numpy(rng.uniform(ACTIONS.low, ACTIONS.high, (2, 5, 3)).astype(np.float32))
        assert (objective.advantage(output, other) < 0).all()


@pytest.mark.parametrize("squash", [True, False])
def test_the_greedy_action_stays_within_the_bounds(squash: bool) -> None:
    objective = make_objective(squash=squash)
    for extreme in (-1e30, 1e30):
        action = objective.greedy(torch.full((1, 1, 1, objective.outputs), extreme))[0, 0].numpy()
        np.testing.assert_array_equal(action, ACTIONS.low if extreme < 0 else ACTIONS.high)
