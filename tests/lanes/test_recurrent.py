import pytest
import torch
from torch import Tensor, nn

from rlzoo.lanes.recurrent import LastState
from rlzoo.lanes.stacking import stack


def gru_of(layer: LastState, features: int) -> nn.GRU:
    """PyTorch's GRU with the layer's weights."""
    gru = nn.GRU(features, layer.units, batch_first=True)
    with torch.no_grad():
        gru.weight_ih_l0.copy_(layer.input.weight)
        gru.bias_ih_l0.copy_(layer.input.bias)
        gru.weight_hh_l0.copy_(layer.recurrent.weight)
        gru.bias_hh_l0.copy_(layer.recurrent.bias)
    return gru


@pytest.mark.parametrize(("features", "units", "steps"), [(3, 5, 7), (1, 1, 2), (8, 16, 1)])
def test_it_is_pytorchs_gru(features: int, units: int, steps: int) -> None:
    torch.manual_seed(0)
    layer, x = LastState(nn.Identity(), features, units), torch.randn(6, steps, features)
    torch.testing.assert_close(layer(x), gru_of(layer, features)(x)[1][0], rtol=0, atol=1e-6)


def test_it_is_initialized_as_pytorchs_gru() -> None:
    layer = LastState(nn.Identity(), 100, 16)
    for leaf in layer.parameters():
        assert 0.2 < leaf.abs().max() <= 0.25


def embedded(padding: int | None) -> LastState:
    return LastState(nn.Embedding(4, 3), 3, 5, padding)


def test_padding_does_not_change_the_result() -> None:
    layer = embedded(padding=0)
    short, long = torch.tensor([[2, 1, 3]]), torch.tensor([[2, 1, 3, 0, 0]])
    torch.testing.assert_close(layer(long), layer(short), rtol=0, atol=1e-6)
    assert torch.equal(layer(torch.zeros(1, 4, dtype=torch.int64)), torch.zeros(1, 5))
    assert (embedded(None)(long) - embedded(None)(short)).abs().max() > 1e-3


def test_the_features_of_padding_are_never_used() -> None:
    layer, x = embedded(padding=0), torch.tensor([[2, 1, 3, 0, 0]])
    before = layer(x)
    with torch.no_grad():
        layer.rows.weight[0] += 1
    assert torch.equal(layer(x), before)


def outcome(layers: list[LastState], x: Tensor) -> list[Tensor]:
    """Outputs and gradients, `[L, ...]` each."""
    params, run = stack(layers)
    out = run(params, x)
    out.square().mean((1, 2)).sum().backward()
    gradients = [leaf.grad for leaf in params.values() if leaf.grad is not None]
    assert len(gradients) == len(params)
    return [out.detach(), *gradients]


@pytest.mark.parametrize("batch", [1, 4, 33])
@pytest.mark.parametrize("units", [1, 5, 32])
@pytest.mark.parametrize("tokens", [True, False])
def test_lanes_are_independent_to_the_bit(batch: int, units: int, tokens: bool) -> None:
    torch.manual_seed(0)
    if tokens:
        layers = [LastState(nn.Embedding(4, 3), 3, units, padding=0) for _ in range(3)]
        x = torch.randint(0, 4, (3, batch, 6))
    else:
        layers = [LastState(nn.Identity(), 7, units) for _ in range(3)]
        x = torch.randn(3, batch, 6, 7)
    together = outcome(layers, x)
    for lane in range(3):
        alone = outcome([layers[lane]], x[lane : lane + 1])
        for all_lanes, one in zip(together, alone, strict=True):
            assert torch.equal(all_lanes[lane], one[0])


def test_lanes_compute_what_the_module_computes() -> None:
    layers = [embedded(0) for _ in range(2)]
    x = torch.randint(0, 4, (2, 6, 5))
    params, run = stack(layers)
    for lane, layer in enumerate(layers):
        torch.testing.assert_close(run(params, x)[lane], layer(x[lane]))
