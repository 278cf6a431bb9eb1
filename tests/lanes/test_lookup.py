"""Tables of all lanes against `nn.Embedding` in each."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rlzoo.components.networks.table import Cells
from rlzoo.lanes.layers import FromZero, PerAction
from rlzoo.lanes.lookup import LARGEST, Lookup
from rlzoo.lanes.rows import pack, starts, views
from rlzoo.lanes.stacking import stack

LANES, BATCH = 3, 50


def tables(states: int) -> list[Cells]:
    cells = [Cells(states, 4) for _ in range(LANES)]
    for each in cells:
        nn.init.normal_(each.weight)
    return cells


@pytest.mark.parametrize("states", [5, 40])
def test_values_of_single_states_are_those_of_the_table(states: int) -> None:
    modules = [nn.Sequential(FromZero(0), each, PerAction(2)) for each in tables(states)]
    params, network = stack(modules)
    row, kernel = pack(params), network.kernel(starts(params))
    assert kernel is not None
    outputs, scratch = np.empty(kernel.outputs, np.float32), np.empty((2, kernel.width), np.float32)
    for lane, module in enumerate(modules):
        for state in range(states):
            kernel.forward(row[lane].numpy(), kernel.layout, np.array([state], np.float32), scratch, outputs)
            expected = module(torch.tensor([state])).detach().flatten()
            assert outputs.tolist() == expected.tolist()


@pytest.mark.parametrize("states", [5, 40])
def test_gradients_are_those_of_autograd(states: int) -> None:
    modules = tables(states)
    params, network = stack(modules)
    row = pack(params)
    x, slope = torch.randint(states, (LANES, BATCH)), torch.randn(LANES, BATCH, 4)
    grads = {name: torch.zeros_like(leaf) for name, leaf in views(row, params).items()}
    out, saved = network.forward(views(row, params), x)
    assert network.backward(views(row, params), grads, saved, slope, wanted=False) is None
    for lane, module in enumerate(modules):
        expected = module(x[lane])
        expected.backward(slope[lane])
        assert torch.equal(out[lane], expected)
        (leaf,) = module.parameters()
        assert leaf.grad is not None
        torch.testing.assert_close(grads["weight"][lane], leaf.grad)


def test_a_table_too_large_for_float32_has_no_kernel() -> None:
    assert Lookup("", LARGEST, 1, single=True).dense is not None
    assert Lookup("", LARGEST + 1, 1, single=True).dense is None


def test_several_lookups_have_no_kernel() -> None:
    params, network = stack([nn.Sequential(nn.Embedding(8, 3), nn.Flatten())])
    assert network(params, torch.zeros(1, 2, 2, dtype=torch.int64)).shape == (1, 2, 6)
    assert network.kernel(starts(params)) is None


def test_states_that_do_not_begin_at_zero_have_no_kernel() -> None:
    params, network = stack([nn.Sequential(FromZero(1), tables(5)[0])])
    assert network(params, torch.tensor([[1, 5]])).shape == (1, 2, 4)
    assert network.kernel(starts(params)) is None


def test_states_may_have_any_integer_type() -> None:
    (module, *_), states = tables(5), torch.tensor([1, 3], dtype=torch.int32)
    params, network = stack([module])
    found: Tensor = network(params, states[None])[0]
    assert torch.equal(found, module(states))
