"""Q values of one observation per lane, by rlzoo's batched products and by `torch.vmap`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from rlzoo.lanes.stacking import stack
from rlzoo.training.groups import one_thread


def batched_products(modules: list[nn.Module], x: Tensor) -> Callable[[], Tensor]:
    params, predict = stack(modules)
    return lambda: predict(params, x)


def torch_vmap(modules: list[nn.Module], x: Tensor) -> Callable[[], Tensor]:
    """What `rlzoo.lanes.stacking` avoids."""
    params, _ = stack_module_state(modules)
    run = vmap(lambda params, x: functional_call(modules[0], params, (x,)))
    return lambda: run(params, x)


@pytest.mark.parametrize("lanes", [1, 10])
@pytest.mark.parametrize("way", [batched_products, torch_vmap])
def test_q_values(benchmark, way: Callable[[list[nn.Module], Tensor], Callable[[], Tensor]], lanes: int) -> None:
    layers = [nn.Linear(4, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 2)]
    with one_thread(), torch.no_grad():
        benchmark(way([nn.Sequential(*layers) for _ in range(lanes)], torch.zeros(lanes, 1, 4)))
