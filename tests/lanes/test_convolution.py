"""Convolutions of all lanes: their gradients are autograd's, and a lane has the same bits alone and with others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rlzoo.lanes.convolution import Convolution, SparseConvolution, SparseConvReLU
from rlzoo.lanes.layers import AsVector
from rlzoo.lanes.rows import pack, starts, views
from rlzoo.lanes.stacking import lower, stack

LANES = 10
IMAGE = 9, 11
PLAIN: list[dict[str, Any]] = [
    {"in_channels": 4, "out_channels": 8, "kernel_size": 3},
    {"in_channels": 4, "out_channels": 8, "kernel_size": 5, "stride": 2},
    {"in_channels": 4, "out_channels": 8, "kernel_size": 3, "padding": 1, "dilation": 2, "groups": 2},
    {"in_channels": 3, "out_channels": 5, "kernel_size": (2, 3), "stride": (2, 1), "bias": False},
]
SPARSE: list[dict[str, Any]] = [
    {"in_channels": 4, "out_channels": 16, "kernel_size": 3},
    {"in_channels": 10, "out_channels": 16, "kernel_size": 3},
    {"in_channels": 1, "out_channels": 5, "kernel_size": 1},
    {"in_channels": 3, "out_channels": 7, "kernel_size": 4},
]


class Example:
    """Layers, their parameters in rows, images and a gradient of the outputs, all from fixed seeds."""

    def __init__(self, sparse: bool, how: dict[str, Any], batch: int = 4, channels_last: bool = True) -> None:
        generator = torch.Generator().manual_seed(1)
        self.sparse, self.plain = sparse, nn.Conv2d(**how)
        modules = [build(sparse, how) for _ in range(LANES)]
        leaves, self.layer = stack(modules)
        leaves = {name: torch.rand(leaf.shape, generator=generator) - 0.5 for name, leaf in leaves.items()}
        self.row, self.like = pack(leaves), leaves
        images = torch.rand(LANES, batch, *IMAGE, how["in_channels"], generator=generator)
        self.x = images < 0.2 if sparse else images.movedim(-1, 2)
        if not channels_last:
            self.x = self.x.movedim(-1, 2).contiguous().movedim(2, -1) if sparse else self.x.contiguous()
        shape = modules[0](self.x[0]).shape
        self.gradient = torch.rand(LANES, *shape, generator=generator) - 0.5

    def run(self, lanes: slice = slice(None)) -> dict[str, Tensor]:
        """The outputs and gradients of some lanes."""
        row, x, gradient = (part[lanes].clone() for part in (self.row, self.x, self.gradient))
        total = torch.zeros_like(row)
        params, grads = views(row, self.like), views(total, self.like)
        with torch.no_grad():
            out, saved = self.layer.forward(params, x)
            of_x = self.layer.backward(params, grads, saved, gradient, not self.sparse)
        assert (of_x is None) == self.sparse
        return {"out": out, **grads} | ({} if of_x is None else {"x": of_x})


def build(sparse: bool, how: dict[str, Any]) -> nn.Module:
    return SparseConvReLU(nn.Conv2d(**how), *IMAGE) if sparse else nn.Conv2d(**how)


def by_autograd(example: Example, lane: int) -> dict[str, Tensor]:
    """One lane in float64."""
    leaves = {name: leaf[lane].double().requires_grad_() for name, leaf in example.like.items()}
    x = (example.x[lane].movedim(-1, 1) if example.sparse else example.x[lane]).double().requires_grad_()
    plain = example.plain
    how = plain.stride, plain.padding, plain.dilation, plain.groups
    out = functional.conv2d(x, leaves["weight"], leaves.get("bias"), *how)  # type: ignore[arg-type]
    out = out.relu() if example.sparse else out
    found = torch.autograd.grad(out, [*leaves.values(), x], example.gradient[lane].double())
    return {"out": out.detach()} | dict(zip([*leaves, "x"], found, strict=True))


CASES = [(False, how) for how in PLAIN] + [(True, how) for how in SPARSE]


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize(("sparse", "how"), CASES)
def test_gradients_are_those_of_autograd(sparse: bool, how: dict[str, Any], channels_last: bool) -> None:
    example = Example(sparse, how, channels_last=channels_last)
    found = example.run()
    for lane in (0, LANES - 1):
        expected = by_autograd(example, lane)
        for name, value in found.items():
            assert torch.allclose(value[lane].double(), expected[name], rtol=1e-5, atol=1e-5), name


@pytest.mark.parametrize("batch", [1, 32])
@pytest.mark.parametrize(("sparse", "how"), CASES)
def test_a_lane_has_the_same_bits_alone_and_with_others(sparse: bool, how: dict[str, Any], batch: int) -> None:
    example = Example(sparse, how, batch)
    together = example.run()
    for lanes in (slice(0, 1), slice(9, 10), slice(4, 7)):
        for name, value in example.run(lanes).items():
            assert torch.equal(value, together[name][lanes]), name


@pytest.mark.parametrize(("sparse", "how"), CASES)
def test_gradients_are_added(sparse: bool, how: dict[str, Any]) -> None:
    example = Example(sparse, how)
    once, total = example.run(), torch.ones_like(example.row)
    params, grads = views(example.row, example.like), views(total, example.like)
    with torch.no_grad():
        _, saved = example.layer.forward(params, example.x)
        example.layer.backward(params, grads, saved, example.gradient, wanted=False)
    for name, value in grads.items():
        assert torch.equal(value, 1 + once[name])


@pytest.mark.parametrize(("sparse", "how"), CASES)
def test_autograd_can_follow_a_call(sparse: bool, how: dict[str, Any]) -> None:
    example = Example(sparse, how)
    row = example.row.clone().requires_grad_()
    out = example.layer(views(row, example.like), example.x)
    (found,) = torch.autograd.grad(out, row, example.gradient)
    closed = example.run()
    for name, value in views(found, example.like).items():
        assert torch.allclose(value, closed[name], rtol=1e-4, atol=1e-4)


def test_what_is_not_a_number_stays_so() -> None:
    example = Example(True, SPARSE[0])
    views(example.row, example.like)["bias"].fill_(torch.nan)
    assert example.run()["out"].isnan().all()


def test_each_kind_of_convolution_has_its_layer() -> None:
    assert type(lower(nn.Conv2d(1, 2, 3), "")) is Convolution
    assert type(lower(build(True, SPARSE[0]), "")) is SparseConvolution


@pytest.mark.parametrize("unknown", [{"padding": "same"}, {"padding": 1, "padding_mode": "circular"}])
def test_unknown_padding_is_left_to_the_module(unknown: dict[str, Any]) -> None:
    modules = [nn.Conv2d(2, 3, 3, **unknown) for _ in range(2)]
    params, run = stack(modules)
    x = torch.rand(2, 4, 2, 6, 6)
    expected = torch.stack([module(image) for module, image in zip(modules, x, strict=True)])
    assert torch.equal(run(params, x), expected)


@pytest.mark.parametrize("how", SPARSE)
def test_the_kernel_of_one_image_gives_the_outputs_of_the_network(how: dict[str, Any]) -> None:
    sparse = build(True, how)
    width = sparse(torch.zeros(1, *IMAGE, how["in_channels"], dtype=torch.bool)).numel()
    modules = [nn.Sequential(sparse, AsVector(3), nn.Linear(width, 20), nn.ReLU(), nn.Linear(20, 3))]
    params, network = stack(modules)
    row = pack(params)
    kernel = network.kernel(starts(params))
    assert kernel is not None
    x = torch.rand(1, 5, *IMAGE, how["in_channels"]) < 0.2
    expected = network(views(row, params), x).detach()[0]
    outputs, scratch = np.empty(kernel.outputs, np.float32), np.empty((2, kernel.width), np.float32)
    for image, q in zip(x[0], expected, strict=True):
        kernel.forward(row[0].numpy(), kernel.layout, image.flatten().float().numpy(), scratch, outputs)
        np.testing.assert_allclose(outputs, q, rtol=1e-4, atol=1e-5)
