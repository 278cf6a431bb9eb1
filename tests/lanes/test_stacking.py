from collections.abc import Callable

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from torch import Tensor, nn

from rlzoo.components.networks.cnn import CNN
from rlzoo.components.networks.linear import Linear
from rlzoo.components.networks.mlp import MLP
from rlzoo.components.networks.table import Table
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.layers import Dueling, PerAction
from rlzoo.lanes.params import Params
from rlzoo.lanes.recording import Recording
from rlzoo.lanes.stacking import stack

from support.tiny import make_spec

LANES, BATCH = 3, 5


class Unknown(nn.Module):
    """A module no rule knows, with a scalar parameter and buffers, one of them not saved."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.slope = nn.Linear(4, 3), nn.Parameter(torch.randn(()))
        self.register_buffer("shift", torch.randn(4))
        self.register_buffer("noise", torch.randn(3), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.slope * self.linear(x - self.shift) + self.noise


def hooked() -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
    module[0].register_forward_hook(lambda module, inputs, output: 2 * output)
    module[2].register_forward_pre_hook(lambda module, inputs: (inputs[0] + 1,))
    module.register_forward_hook(lambda module, inputs, output: output - 1)
    return module


def shared_activation() -> nn.Module:
    tanh = nn.Tanh()
    return nn.Sequential(nn.Linear(4, 6), tanh, nn.Linear(6, 6), tanh, nn.Linear(6, 3))


def normalised() -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)).eval()
    nn.init.normal_(module[1].running_mean)
    nn.init.uniform_(module[1].running_var)
    return module


class Subclass(nn.Linear):
    """Not what a linear layer computes."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).square()


VECTORS, STATES = make_spec(), make_spec(Discrete(6, start=2))
IMAGES, ATARI = make_spec(Box(0, 255, (10, 10, 4), np.uint8)), make_spec(Box(0, 255, (4, 84, 84), np.uint8))
MODULES: dict[str, tuple[Callable[[], nn.Module], Callable[[], Tensor]]] = {}


def case(name: str, make: Callable[[], nn.Module], inputs: Callable[[], Tensor] | None = None) -> None:
    MODULES[name] = make, inputs or (lambda: torch.randn(LANES, BATCH, 4))


def states() -> Tensor:
    return torch.randint(2, 8, (LANES, BATCH))


def images(*shape: int) -> Callable[[], Tensor]:
    return lambda: torch.randint(0, 256, (LANES, BATCH, *shape), dtype=torch.uint8)


case("mlp relu", lambda: MLP().build(VECTORS))
case("mlp tanh", lambda: MLP((24, 48), "tanh").build(VECTORS))
case("mlp without hidden layers", lambda: MLP(()).build(VECTORS))
case("mlp dueling", lambda: MLP(dueling=True).build(VECTORS))
case("mlp dueling without shared layers", lambda: MLP((8,), dueling=True).build(VECTORS))
case("mlp of several outputs", lambda: MLP((8,)).build(make_spec(outputs=2)))
case("mlp dueling of several outputs", lambda: MLP((8, 8), dueling=True).build(make_spec(outputs=2)))
case("mlp of states", lambda: MLP((8,)).build(STATES), states)
case("mlp of bytes", lambda: MLP((8,)).build(IMAGES), images(10, 10, 4))
case("linear", lambda: Linear().build(VECTORS))
case("table", lambda: nn.Sequential(*Table().build(STATES), nn.Linear(3, 3)), states)
case("cnn minatar", lambda: CNN("minatar").build(IMAGES), images(10, 10, 4))
case("cnn minatar dueling", lambda: CNN("minatar", dueling=True).build(IMAGES), images(10, 10, 4))
case("cnn normalized", lambda: CNN("minatar", layer_norm=True, dueling=True).build(IMAGES), images(10, 10, 4))
case("unknown", Unknown)
case("unknown inside a known one", lambda: nn.Sequential(nn.Linear(4, 4), nn.ReLU(), Unknown(), nn.Tanh()))
case("known inside an unknown one", lambda: nn.Sequential(nn.LayerNorm(4), MLP((8,)).build(VECTORS)))
case("unknown streams of a dueling head", lambda: Dueling(nn.Sequential(Unknown(), nn.Linear(3, 1)), Unknown()))
case("layer normalization", lambda: MLP((8, 5), layer_norm=True).build(VECTORS))
case("layer normalization of more dimensions", lambda: nn.LayerNorm(4), lambda: torch.randn(LANES, BATCH, 2, 4))
case("layer normalization of two axes", lambda: nn.LayerNorm((2, 4)), lambda: torch.randn(LANES, BATCH, 2, 4))
case(
    "layer normalization without weights",
    lambda: nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4, elementwise_affine=False)),
)
case("hooks", hooked)
case("one activation used twice", shared_activation)
case("normalisation statistics", normalised)
case("a subclass of a known layer", lambda: Subclass(4, 3))
case("linear without bias", lambda: nn.Linear(4, 3, bias=False))
case("linear over more dimensions", lambda: nn.Linear(4, 3), lambda: torch.randn(LANES, BATCH, 2, 4))
case(
    "several lookups", lambda: nn.Sequential(nn.Embedding(8, 3), nn.Flatten()), lambda: torch.randint(8, (LANES, 5, 2))
)
case("embedding with padding", lambda: nn.Embedding(8, 3, padding_idx=2), states)
case("convolution in groups", lambda: nn.Conv2d(4, 4, 3, groups=2), lambda: torch.randn(LANES, BATCH, 4, 6, 6))
case("convolution without bias", lambda: nn.Conv2d(4, 2, 3, bias=False), lambda: torch.randn(LANES, BATCH, 4, 6, 6))
case("convolution with stride and padding", lambda: nn.Conv2d(4, 2, 3, 2, 1), lambda: torch.randn(LANES, 5, 4, 6, 6))
case("flatten not all", lambda: nn.Flatten(1, 2), lambda: torch.randn(LANES, BATCH, 2, 3, 4, requires_grad=True))
case("numbers per action", lambda: nn.Sequential(nn.Linear(4, 6), PerAction(2)))


def check_equals_the_modules(make: Callable[[], nn.Module], x: Tensor) -> None:
    modules = [make() for _ in range(LANES)]
    params, predict = stack(modules)
    together, alone = predict(params, x), torch.stack([module(lane) for module, lane in zip(modules, x, strict=True)])
    torch.testing.assert_close(together, alone)
    together.square().sum().backward()
    alone.square().sum().backward()
    by_layers = gradients_by_layers(predict, params, x)
    for lane, module in enumerate(modules):
        for name, own in module.named_parameters():
            torch.testing.assert_close(params[name].grad[lane], own.grad, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(by_layers[name][lane], own.grad, rtol=1e-4, atol=1e-5)


def gradients_by_layers(network: LaneLayer, params: Params, x: Tensor) -> Params:
    """The gradient of the same loss, added twice to check that the layers add to what is there."""
    trained = {name: leaf for name, leaf in params.items() if leaf.requires_grad}
    grads = {name: torch.zeros_like(leaf) for name, leaf in trained.items()}
    for _ in range(2):
        recorded = Recording(network, trained)
        recorded.backward(recorded(params, x.detach()).square().sum() / 2, grads)
    return grads


@pytest.mark.parametrize("name", MODULES)
def test_stacked_networks_equal_the_modules_in_outputs_and_gradients(name: str) -> None:
    torch.manual_seed(0)
    make, inputs = MODULES[name]
    check_equals_the_modules(make, inputs())


@pytest.mark.parametrize("preset", ["2013", "nature"])
def test_stacked_atari_networks_equal_the_modules(preset: str) -> None:
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (LANES, 2, 4, 84, 84), dtype=torch.uint8)
    check_equals_the_modules(lambda: CNN(preset).build(ATARI), pixels)


def test_parameters_take_gradients_and_frozen_ones_and_buffers_do_not() -> None:
    module = Unknown()
    module.linear.bias.requires_grad_(False)
    params, _ = stack([module, module])
    trained = {name for name, leaf in params.items() if leaf.requires_grad}
    assert trained == {"linear.weight", "slope"}
    assert set(params) - trained == {"linear.bias", "shift", "noise"}


def test_the_result_shares_nothing_with_the_modules() -> None:
    modules = [nn.Linear(2, 2), nn.Linear(2, 2)]
    params, predict = stack(modules)
    x = torch.randn(2, 5, 2)
    before = predict(params, x)
    for module in modules:
        nn.init.zeros_(module.weight)
    assert torch.equal(predict(params, x), before)
