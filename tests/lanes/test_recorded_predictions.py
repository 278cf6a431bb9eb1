"""Whatever a loss is made of, its gradient is the one that autograd finds."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.recording import Recording
from rlzoo.lanes.stacking import stack

LANES, BATCH = 3, 5
Loss = Callable[[Predict, Params, Params, Tensor], Tensor]


class Shifted(nn.Module):
    """A module with a buffer that an objective may replace."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 20), nn.Linear(20, 2)
        self.register_buffer("shift", torch.zeros(4))

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.first(x + self.shift).relu())


def partly_frozen() -> nn.Module:
    network = nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, 2))
    network[0].weight.requires_grad_(False)
    return network


def plain(predict: Predict, online: Params, target: Params, x: Tensor) -> Tensor:
    return predict(online, x).square().sum()


def two_predictions(predict: Predict, online: Params, target: Params, x: Tensor) -> Tensor:
    return (predict(online, x) - 0.5 * predict(online, 2 * x)).square().sum()


def with_a_target(predict: Predict, online: Params, target: Params, x: Tensor) -> Tensor:
    with torch.no_grad():
        goal = predict(online, x + 1)
    return (predict(online, x) - predict(target, x) - goal).square().sum()


def with_decay(predict: Predict, online: Params, target: Params, x: Tensor) -> Tensor:
    return predict(online, x).sum() + sum(leaf.square().sum() for leaf in online.values() if leaf.requires_grad)


def without_the_network(predict: Predict, online: Params, target: Params, x: Tensor) -> Tensor:
    return next(leaf for leaf in online.values() if leaf.requires_grad).square().sum()


def of_other_weights(predict: Predict, online: Params, target: Params, x: Tensor) -> Tensor:
    return predict({name: 2 * leaf for name, leaf in online.items()}, x).square().sum()


def with_a_gradient_penalty(predict: Predict, online: Params, target: Params, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(predict(online, x).square().sum(), x, create_graph=True)
    return slope.square().sum()


@pytest.mark.parametrize(
    "loss",
    [
        plain,
        two_predictions,
        with_a_target,
        with_decay,
        without_the_network,
        of_other_weights,
        with_a_gradient_penalty,
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, 2)),
        Shifted,
        partly_frozen,
    ],
    ids=["layers", "module", "partly frozen"],
)
def test_gradients_are_those_of_autograd(make: Callable[[], nn.Module], loss: Loss) -> None:
    torch.manual_seed(0)
    params, network = stack([make() for _ in range(LANES)])
    trained = {name: leaf for name, leaf in params.items() if leaf.requires_grad}
    target = {name: leaf.detach() * 0.9 for name, leaf in params.items()}
    x = torch.randn(LANES, BATCH, 4)
    grads = {name: torch.zeros_like(leaf) for name, leaf in trained.items()}
    recorded = Recording(network, trained)
    recorded.backward(loss(recorded, params, target, x), grads)
    found = torch.autograd.grad(loss(network, params, target, x), list(trained.values()), materialize_grads=True)
    for name, expected in zip(trained, found, strict=True):
        torch.testing.assert_close(grads[name], expected)


def test_a_replaced_buffer_is_recorded_with_its_value() -> None:
    torch.manual_seed(0)
    params, network = stack([Shifted() for _ in range(LANES)])
    trained = {name: leaf for name, leaf in params.items() if leaf.requires_grad}
    moved, x = params | {"shift": torch.ones(LANES, 4)}, torch.randn(LANES, BATCH, 4)
    grads = {name: torch.zeros_like(leaf) for name, leaf in trained.items()}
    recorded = Recording(network, trained)
    recorded.backward(recorded(moved, x).square().sum(), grads)
    found = torch.autograd.grad(network(params, x + 1).square().sum(), list(trained.values()))
    for name, expected in zip(trained, found, strict=True):
        torch.testing.assert_close(grads[name], expected)
