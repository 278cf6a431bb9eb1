"""The compiled stack of linear layers against the batched products."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from rlzoo.components.networks.mlp import dueling_head
from rlzoo.lanes.dense import forward
from rlzoo.lanes.layers import AsVector, PerAction
from rlzoo.lanes.rows import pack, starts, views
from rlzoo.lanes.stacking import stack

LANES, BATCH = 3, 7
LAST = nn.Linear(17, 2)


def streams(features: int, outputs: int) -> nn.Module:
    return dueling_head(features, (24,), 3, outputs, nn.ReLU)


NETWORKS = {
    "wide and narrow": lambda: nn.Sequential(nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 17), nn.ReLU(), LAST),
    "one layer": lambda: nn.Linear(6, 3),
    "without bias": lambda: nn.Sequential(nn.Linear(6, 20, bias=False), nn.Linear(20, 4)),
    "shapes around it": lambda: nn.Sequential(AsVector(1), nn.Linear(6, 17), nn.ReLU(), LAST, PerAction(2)),
    "dueling": lambda: nn.Sequential(nn.Linear(6, 40), nn.ReLU(), streams(40, 1)),
    "two numbers an action": lambda: nn.Sequential(nn.Linear(6, 20), nn.ReLU(), streams(20, 2)),
    "only streams": lambda: nn.Sequential(streams(6, 1)),
    "normalized": lambda: nn.Sequential(
        nn.Linear(6, 40), nn.LayerNorm(40, eps=0.1), nn.ReLU(), nn.Linear(40, 17), nn.LayerNorm(17), nn.ReLU(), LAST
    ),
    "normalized at both ends": lambda: nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 20), nn.ReLU(), nn.LayerNorm(20)),
    "normalized streams": lambda: nn.Sequential(nn.Linear(6, 40), nn.LayerNorm(40), nn.ReLU(), streams(40, 1)),
    "nested": lambda: nn.Sequential(nn.Sequential(nn.Linear(6, 20), nn.ReLU()), nn.Linear(20, 4)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_are_those_of_the_network(name: str) -> None:
    torch.manual_seed(0)
    params, network = stack([deepcopy(NETWORKS[name]()) for _ in range(LANES)])
    for leaf in params.values():
        nn.init.normal_(leaf)  # those of a normalization begin as 1 and 0
    row = pack(params)
    kernel = network.kernel(starts(params))
    assert kernel is not None
    x = torch.randn(LANES, BATCH, 6)
    expected = network(views(row, params), x).detach().flatten(2)
    outputs, scratch = np.empty(kernel.outputs, np.float32), np.empty((2, kernel.width), np.float32)
    for lane in range(LANES):
        for sample in range(BATCH):
            kernel.forward(row[lane].numpy(), kernel.layout, x[lane, sample].numpy(), scratch, outputs)
            np.testing.assert_allclose(outputs, expected[lane, sample], rtol=1e-4, atol=1e-5)


def test_what_is_not_a_number_stays_so() -> None:
    params, network = stack([nn.Sequential(nn.Linear(2, 20), nn.ReLU(), nn.Linear(20, 2))])
    row = pack(params)
    row[0, 0] = torch.nan
    kernel = network.kernel(starts(params))
    assert kernel is not None
    outputs = np.empty(2, np.float32)
    forward(row[0].numpy(), kernel.layout, np.ones(2, np.float32), np.empty((2, 20), np.float32), outputs)
    assert np.isnan(outputs).all()


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Linear(4, 4), nn.Tanh()),
        nn.Sequential(nn.ReLU(), nn.Linear(4, 4)),
        nn.Conv2d(1, 2, 3),
        nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4, elementwise_affine=False)),
        nn.Sequential(AsVector(1)),
    ],
)
def test_other_networks_have_no_kernel(module: nn.Module) -> None:
    params, network = stack([module])
    assert network.kernel(starts({name: leaf for name, leaf in params.items() if leaf.requires_grad})) is None


def test_a_frozen_layer_has_no_place_in_the_row() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    module[0].requires_grad_(False)
    params, network = stack([module])
    assert network.kernel(starts({name: leaf for name, leaf in params.items() if leaf.requires_grad})) is None
