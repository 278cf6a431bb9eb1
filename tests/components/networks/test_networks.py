from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete, Space
from torch import Tensor, nn

from rlzoo.components.networks.cnn import CNN
from rlzoo.components.networks.linear import Linear
from rlzoo.components.networks.mlp import ACTIVATIONS, MLP
from rlzoo.components.networks.table import Table
from rlzoo.contracts.errors import OptionError

from support.tiny import make_spec

BYTES = Box(0, 255, (10, 10, 4), np.uint8)


def written_out(module: nn.Module, x: Tensor, activation: Any = torch.relu) -> Tensor:
    """Linear layers with an activation between them."""
    linear = [part for part in module.modules() if isinstance(part, nn.Linear)]
    for layer in linear[:-1]:
        x = activation(x @ layer.weight.T + layer.bias)
    return x @ linear[-1].weight.T + linear[-1].bias


def sizes(module: nn.Module) -> list[tuple[int, int]]:
    return [(part.in_features, part.out_features) for part in module.modules() if isinstance(part, nn.Linear)]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_mlp_is_linear_layers_with_activations_between(name: str) -> None:
    module, x = MLP((8, 5), name).build(make_spec()), torch.randn(6, 4)
    assert sizes(module) == [(4, 8), (8, 5), (5, 3)]
    torch.testing.assert_close(module(x), written_out(module, x, ACTIVATIONS[name]()))


def test_mlp_dueling_parts_its_last_hidden_layer_in_two() -> None:
    module = MLP((8, 5), dueling=True).build(make_spec())
    assert sizes(module) == [(4, 8), (8, 5), (5, 1), (8, 5), (5, 3)]


def test_mlp_sees_states_as_unit_vectors() -> None:
    module = MLP((8,)).build(make_spec(Discrete(3, start=4)))
    torch.testing.assert_close(module(torch.arange(4, 7)), written_out(module, torch.eye(3)))


@pytest.mark.parametrize(
    ("space", "scale", "factor"),
    [(BYTES, None, 1 / 255), (BYTES, 2.0, 2.0), (Box(-1, 1, (4,)), 0.1, 0.1), (Box(-9, 9, (4,), np.int64), None, 1.0)],
)
@pytest.mark.parametrize("network", [MLP, Linear])
def test_observations_are_scaled(network: Any, space: Space[Any], scale: float | None, factor: float) -> None:
    options = network(scale=scale)
    module = options.build(make_spec(space))
    x = torch.from_numpy(np.stack([space.sample() for _ in range(5)]))
    torch.testing.assert_close(module(x), written_out(module, x.float().flatten(1) * factor))


def test_linear_is_one_layer() -> None:
    module, x = Linear().build(make_spec()), torch.randn(5, 4)
    assert sizes(module) == [(4, 3)]
    torch.testing.assert_close(module(x), written_out(module, x))


def test_table_holds_a_cell_for_every_state_and_action() -> None:
    module = Table(initial=0.5).build(make_spec(Discrete(5, start=2)))
    (cells,) = module.parameters()
    assert torch.equal(cells, torch.full((5, 3), 0.5))
    with torch.no_grad():
        cells.copy_(torch.arange(15).view(5, 3))
    assert torch.equal(module(torch.tensor([2, 6])), torch.tensor([[0.0, 1, 2], [12, 13, 14]]))


def test_table_refuses_observations_without_cells() -> None:
    with pytest.raises(OptionError, match="`network=table` needs Discrete observations"):
        Table().build(make_spec())


@pytest.mark.parametrize("outputs", [2, 5])
@pytest.mark.parametrize("options", [MLP((6,)), MLP((6,), dueling=True), Linear()])
def test_several_outputs_per_action(options: Any, outputs: int) -> None:
    assert options.build(make_spec(outputs=outputs))(torch.randn(7, 4)).shape == (7, 3, outputs)


@pytest.mark.parametrize(
    ("preset", "layers", "width"),
    [
        ("2013", [(16, 8, 4), (32, 4, 2)], (32 * 9 * 9, 256)),
        ("nature", [(32, 8, 4), (64, 4, 2), (64, 3, 1)], (64 * 7 * 7, 512)),
    ],
)
def test_cnn_has_the_layers_of_the_papers(preset: str, layers: list[tuple[int, ...]], width: tuple[int, int]) -> None:
    module = CNN(preset).build(make_spec(Box(0, 255, (4, 84, 84), np.uint8)))
    found = [(c.out_channels, c.kernel_size[0], c.stride[0]) for c in module.modules() if isinstance(c, nn.Conv2d)]
    assert found == layers
    assert sizes(module) == [width, (width[1], 3)]


@pytest.mark.parametrize("channels", ["auto", "last"])
def test_cnn_sees_the_same_image_whichever_axis_holds_its_channels(channels: str) -> None:
    torch.manual_seed(0)
    last = CNN("minatar", channels).build(make_spec(BYTES))
    torch.manual_seed(0)
    first = CNN("minatar", "first").build(make_spec(Box(0, 255, (4, 10, 10), np.uint8)))
    image = torch.randint(0, 256, (2, 10, 10, 4), dtype=torch.uint8)
    torch.testing.assert_close(last(image), first(image.movedim(-1, 1)))


def test_cnn_takes_images_without_channels() -> None:
    assert CNN("minatar").build(make_spec(Box(0, 1, (9, 9))))(torch.rand(2, 9, 9)).shape == (2, 3)


@pytest.mark.parametrize("space", [Box(-1, 1, (4,)), Discrete(3)])
def test_cnn_refuses_what_is_no_image(space: Space[Any]) -> None:
    with pytest.raises(OptionError, match="a convolutional network needs images"):
        CNN().build(make_spec(space))


def test_cnn_refuses_images_too_small_for_its_layers() -> None:
    with pytest.raises(OptionError, match=r"10x10 pixels are too small for `network\.preset=nature`"):
        CNN().build(make_spec(BYTES))


def test_layers_are_normalized_before_their_activation() -> None:
    module, x = MLP((8, 5), layer_norm=True).build(make_spec()), torch.randn(6, 4)
    assert [type(part) for part in module] == [nn.Linear, nn.LayerNorm, nn.ReLU] * 2 + [nn.Linear]
    hidden = module[0](x)
    normal = (hidden - hidden.mean(-1, keepdim=True)) / (hidden.var(-1, keepdim=True, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(module[:2](x), normal)


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_])
def test_cnn_normalizes_channels_and_hidden_units(dtype: Any) -> None:
    """Output and gradients are those of the layers written out, for images with a sparse convolution and without."""
    module = CNN("minatar", layer_norm=True, scale=1.0).build(make_spec(Box(0, 1, (10, 10, 4), dtype)))
    plain = nn.Sequential(
        nn.Conv2d(4, 16, 3), nn.LayerNorm(16), nn.Linear(16 * 8 * 8, 128), nn.LayerNorm(128), nn.Linear(128, 3)
    )
    convolution, channels, hidden, units, last = plain
    for leaf, ours in zip(plain.parameters(), module.parameters(), strict=True):
        ours.data.normal_(0.1, 0.2)
        leaf.data.copy_(ours)
    x = torch.randint(0, 2, (6, 10, 10, 4), dtype=torch.uint8)
    pixels = channels(convolution(x.movedim(-1, 1).float()).permute(0, 2, 3, 1)).permute(0, 3, 1, 2).relu()
    expected, found = last(units(hidden(pixels.flatten(1))).relu()), module(x.bool() if dtype == np.bool_ else x)
    torch.testing.assert_close(found, expected)
    expected.square().sum().backward()
    found.square().sum().backward()
    for leaf, ours in zip(plain.parameters(), module.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, leaf.grad)


@pytest.mark.parametrize(
    ("options", "space"),
    [
        (MLP((8, 5), init="orthogonal"), None),
        (MLP((5,), dueling=True, init="orthogonal"), None),
        (CNN("minatar", init="orthogonal"), BYTES),
        (CNN("minatar", init="orthogonal"), Box(0, 1, (10, 10, 4), np.bool_)),
    ],
)
def test_orthogonal_weights_have_gain_sqrt_2_and_no_biases(options: Any, space: Space[Any] | None) -> None:
    leaves = dict((options.build(make_spec() if space is None else make_spec(space))).named_parameters())
    for name, leaf in leaves.items():
        if name.endswith("bias"):
            assert not leaf.any()
        else:
            rows = leaf.detach().flatten(1)
            short = rows if rows.shape[0] <= rows.shape[1] else rows.T
            torch.testing.assert_close(short @ short.T, 2 * torch.eye(len(short)), atol=1e-5, rtol=1e-5)
