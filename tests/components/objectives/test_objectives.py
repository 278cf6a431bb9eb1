from typing import Any

import numpy as np
import pytest
import torch

from rlzoo.components.objectives.double import Double
from rlzoo.components.objectives.q_learning import QLearning
from rlzoo.contracts import Batch
from rlzoo.lanes.params import Params

from support.tiny import make_batch, make_spec

LANES, SIZE, ACTIONS = 2, 7, 3


def predict(params: Params, x: torch.Tensor) -> torch.Tensor:
    return torch.bmm(x, params["w"])


def weights(seed: int) -> Params:
    return {"w": torch.randn(LANES, 4, ACTIONS, generator=torch.Generator().manual_seed(seed))}


def next_value(name: str, batch: Batch, lane: int, i: int) -> float:
    """The value of one next observation, by the definition."""
    x = batch.next_observation[lane, i].double().numpy()
    online, target = (x @ weights(seed)["w"][lane].double().numpy() for seed in (0, 1))
    return {
        "q-learning": max(target),
        "double": target[max(range(ACTIONS), key=lambda a: online[a])],
    }[name]


OBJECTIVES: dict[str, Any] = {"q-learning": QLearning, "double": Double}
LOSSES = {
    "mse": (lambda e: e**2, lambda e: 2 * e),
    "half-mse": (lambda e: e**2 / 2, lambda e: e),
    "huber": (lambda e: e**2 / 2 if abs(e) <= 0.7 else 0.7 * (abs(e) - 0.35), lambda e: max(-0.7, min(0.7, e))),
}


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_error_and_gradient_are_those_of_a_loop(name: str, loss: str) -> None:
    delta = 0.7 if loss == "huber" else None
    options = OBJECTIVES[name](gamma=0.9, loss=loss, delta=delta)
    objective = options.build(make_spec())
    online, target, batch = {"w": weights(0)["w"].requires_grad_()}, weights(1), make_batch(LANES, SIZE, 4, ACTIONS)
    losses, errors = objective(predict, online, target, batch)
    losses.sum().backward()

    value, slope = LOSSES[loss]
    gradient = np.zeros((LANES, 4, ACTIONS))
    for lane in range(LANES):
        for i in range(SIZE):
            x, a = batch.observation[lane, i].double().numpy(), int(batch.action[lane, i])
            ahead = 0.0 if batch.terminated[lane, i] else 0.9 * next_value(name, batch, lane, i)
            error = float(batch.reward[lane, i]) + ahead - x @ online["w"].detach()[lane, :, a].double().numpy()
            assert losses[lane, i].item() == pytest.approx(value(error), rel=1e-4, abs=1e-5)
            assert errors[lane, i].item() == pytest.approx(error, rel=1e-4, abs=1e-5)
            gradient[lane, :, a] -= slope(error) * x
    np.testing.assert_allclose(online["w"].grad, gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_no_gradient_reaches_the_target_even_when_it_is_the_online_network(name: str) -> None:
    objective, batch = OBJECTIVES[name]().build(make_spec()), make_batch(LANES, SIZE, 4, ACTIONS)
    shared, apart, still = weights(0)["w"].requires_grad_(), weights(0)["w"].requires_grad_(), weights(0)
    objective(predict, {"w": shared}, {"w": shared}, batch)[0].sum().backward()
    objective(predict, {"w": apart}, still, batch)[0].sum().backward()
    assert torch.equal(shared.grad, apart.grad)


def test_q_values_are_the_outputs() -> None:
    q = torch.randn(2, 3, 4)
    assert QLearning().build(make_spec()).q_values(q) is q
