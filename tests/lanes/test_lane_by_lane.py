"""Lanes computed one after another give the bits of lanes computed together."""

import pytest
import torch
from torch import nn

from rlzoo.lanes.layer import LaneByLane
from rlzoo.lanes.stacking import stack


@pytest.mark.parametrize("batch", [LaneByLane.BATCH - 1, LaneByLane.BATCH + 9])
def test_outputs_and_gradients_are_those_of_the_layer(batch: int) -> None:
    torch.set_num_threads(1)
    params, layer = stack([nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, 3)) for _ in range(3)])
    x, slope = torch.randn(3, batch, 4), torch.randn(3, batch, 3)
    results = []
    with torch.no_grad():
        for one in (layer, LaneByLane(layer)):
            grads = {name: torch.ones_like(leaf) for name, leaf in params.items()}
            out, saved = one.forward(params, x)
            assert torch.equal(out, one(params, x))
            results.append([out, one.backward(params, grads, saved, slope.clone(), wanted=True), *grads.values()])
    for together, in_turn in zip(*results, strict=True):
        assert torch.equal(together, in_turn)
