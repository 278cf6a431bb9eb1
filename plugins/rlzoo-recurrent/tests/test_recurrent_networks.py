"""GRU and LSTM are PyTorch's, in one lane and in several, at once and step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from torch import Tensor, nn

from rlzoo.contracts import BuildSpec
from rlzoo.lanes.params import unroll
from rlzoo.lanes.stacking import stack
from rlzoo.testing import make_spec
from rlzoo_recurrent.networks import GRU, LSTM, Network

NEVER = torch.tensor(False)
KINDS: dict[str, tuple[Any, type[nn.GRU | nn.LSTM]]] = {"gru": (GRU, nn.GRU), "lstm": (LSTM, nn.LSTM)}


def of_pytorch(module: Network, cls: type[nn.GRU | nn.LSTM], features: int) -> nn.GRU | nn.LSTM:
    """PyTorch's layer with the same weights."""
    layer = cls(features, module.units, batch_first=True)
    weights = {
        "weight_ih_l0": module.input.weight,
        "bias_ih_l0": module.input.bias,
        "weight_hh_l0": module.recurrent.weight,
        "bias_hh_l0": module.recurrent.bias,
    }
    layer.load_state_dict(weights)
    return layer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("hidden", "units"), [((), 5), ((6,), 16)])
def test_it_is_pytorchs(kind: str, hidden: tuple[int, ...], units: int) -> None:
    torch.manual_seed(0)
    options, cls = KINDS[kind]
    module = options(hidden, units).build(make_spec())
    layer = of_pytorch(module, cls, [4, *hidden][-1])
    x, memory = torch.randn(3, 7, 4), torch.randn(3, module.memory_size)
    before: Any = memory.split(units, -1)
    before = tuple(it[None].contiguous() for it in before)
    hidden_states, after = layer(module.encoder(x), before if kind == "lstm" else before[0])
    outputs, memories = module(x, memory, NEVER.expand(3, 7))
    torch.testing.assert_close(memories[..., :units], hidden_states, rtol=0, atol=1e-6)
    torch.testing.assert_close(outputs, module.head(hidden_states), rtol=0, atol=1e-6)
    last = torch.cat([it[0] for it in after], -1) if kind == "lstm" else after[0]
    torch.testing.assert_close(memories[:, -1], last, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_initialized_as_pytorchs(kind: str) -> None:
    options, cls = KINDS[kind]
    module = options((), 16).build(make_spec())
    bounds = [leaf.abs().max() for leaf in (*module.input.parameters(), *module.recurrent.parameters())]
    assert all(0.2 < bound <= 0.25 for bound in bounds)
    assert len(bounds) == len(list(cls(4, 16).parameters()))


def outcome(modules: list[nn.Module], x: Tensor, memory: Tensor) -> list[Tensor]:
    """Outputs, memories and gradients, `[L, ...]` each."""
    params, run = stack(modules)
    begins = torch.zeros(x.shape[:3], dtype=torch.bool)
    begins[:, 0, 2] = True
    outputs, memories = unroll(run, params, x, memory, begins)
    (outputs.square().mean((1, 2, 3)).sum() + memories.square().mean((1, 2, 3)).sum()).backward()
    gradients = [leaf.grad for leaf in params.values() if leaf.grad is not None]
    assert len(gradients) == len(params)
    return [outputs.detach(), memories.detach(), *gradients]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("units", [1, 5, 32])
@pytest.mark.parametrize("batch", [1, 33])
def test_lanes_are_independent_to_the_bit(kind: str, units: int, batch: int) -> None:
    torch.manual_seed(0)
    modules = [KINDS[kind][0]((7,), units, layer_norm=True, dueling=True).build(make_spec()) for _ in range(3)]
    x, memory = torch.randn(3, batch, 6, 4), torch.randn(3, batch, modules[0].memory_size)
    together = outcome(modules, x, memory)
    for lane in range(3):
        alone = outcome([modules[lane]], x[lane : lane + 1], memory[lane : lane + 1])
        assert all(torch.equal(all_lanes[lane], one[0]) for all_lanes, one in zip(together, alone, strict=True))


SPECS = {
    "vector": make_spec(outputs=3),
    "states": make_spec(Discrete(5, start=2)),
    "table": make_spec(Box(-1, 1, (2, 3))),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_lanes_compute_what_the_module_computes(kind: str, spec: BuildSpec) -> None:
    modules = [KINDS[kind][0]((7,), 5).build(spec) for _ in range(2)]
    params, run = stack(modules)
    samples = np.array([[[spec.observation_space.sample() for _ in range(6)] for _ in range(4)] for _ in range(2)])
    x, memory = torch.from_numpy(samples), torch.randn(2, 4, run.memory_size)
    outputs, memories = unroll(run, params, x, memory)
    for lane, module in enumerate(modules):
        expected = module(x[lane], memory[lane], NEVER.expand(4, 6))
        torch.testing.assert_close((outputs[lane], memories[lane]), expected)
    assert outputs.shape == ((2, 4, 6, 3, 3) if spec.outputs == 3 else (2, 4, 6, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_steps_one_by_one_give_the_same(kind: str) -> None:
    module = KINDS[kind][0]((7,), 5).build(make_spec())
    x, memory = torch.randn(3, 6, 4), torch.zeros(3, module.memory_size)
    outputs, memories = module(x, memory, NEVER.expand(3, 6))
    for step in range(6):
        one, after = module(x[:, step : step + 1], memory, NEVER.expand(3, 1))
        memory = after[:, 0]
        torch.testing.assert_close((one[:, 0], memory), (outputs[:, step], memories[:, step]))


@pytest.mark.parametrize("kind", KINDS)
def test_pitfall_29_an_episode_in_a_sequence_begins_with_an_empty_memory(kind: str) -> None:
    module = KINDS[kind][0]((7,), 5).build(make_spec())
    x, memory, begins = torch.randn(3, 6, 4), torch.randn(3, module.memory_size), torch.zeros(3, 6, dtype=torch.bool)
    begins[0, 0] = begins[1, 4] = True
    outputs, memories = module(x, memory, begins)
    empty, apart = torch.zeros(1, module.memory_size), NEVER.expand(1, 6)
    torch.testing.assert_close((outputs[:1], memories[:1]), module(x[:1], empty, apart))
    torch.testing.assert_close((outputs[1:2, :4], memories[1:2, :4]), module(x[1:2, :4], memory[1:2], apart[:, :4]))
    torch.testing.assert_close((outputs[1:2, 4:], memories[1:2, 4:]), module(x[1:2, 4:], empty, apart[:, 4:]))
    torch.testing.assert_close((outputs[2:], memories[2:]), module(x[2:], memory[2:], apart))
