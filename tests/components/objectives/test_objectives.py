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
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("delta", [0.7, np.array([[0.3], [1.1]])], ids=["one-delta", "delta-per-lane"])
def test_the_closed_form_has_the_gradient_of_autograd(name: str, loss: str, delta: Any) -> None:
    options = OBJECTIVES[name](loss=loss, delta=delta if loss == "huber" else None)
    objective, batch = options.build(make_spec()), make_batch(LANES, SIZE, 4, ACTIONS)
    weight = torch.rand(LANES, SIZE, generator=torch.Generator().manual_seed(2)) / SIZE
    leaf = predict(weights(0), batch.observation).requires_grad_()

    def recorded(params: Params, x: torch.Tensor) -> torch.Tensor:
        return leaf if torch.is_grad_enabled() else predict(params, x)

    losses, errors = objective(recorded, weights(0), weights(1), batch)
    (expected,) = torch.autograd.grad((losses * weight).sum(), [leaf])
    *found, gradient = objective.closed_form(recorded, weights(0), weights(1), batch, weight)
    assert all(map(torch.equal, found, (losses, errors)))
    if loss == "huber":  # torch rounds the last few gradients of an array differently
        torch.testing.assert_close(gradient, expected)
    else:
        assert torch.equal(gradient, expected)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_slope_of_an_error_does_not_depend_on_its_place(loss: str) -> None:
    options = QLearning(loss=loss, delta=0.7 if loss == "huber" else None)
    errors = 2 * torch.randn(14, generator=torch.Generator().manual_seed(3))
    assert torch.equal(options.slope_of(errors), torch.cat([options.slope_of(error) for error in errors.split(1)]))


def test_a_loss_of_its_own_has_no_closed_form() -> None:
    class Quartic(QLearning):
        def loss_of(self, error: torch.Tensor) -> torch.Tensor:
            return error**4

    assert QLearning().build(make_spec()).closed_form is not None
    assert Quartic().build(make_spec()).closed_form is None


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
