"""Batched products give a lane the same bits wherever it lies in memory."""

import os

import pytest
import torch
from torch import Tensor

import rlzoo  # noqa: F401 - tells MKL
from rlzoo.lanes.linear import linear, linear_backward
from rlzoo.lanes.rows import pack, views

LANES = 3


def test_mkl_is_told_unless_somebody_told_it_otherwise() -> None:
    assert os.environ["MKL_CBWR"]


@pytest.mark.parametrize("batch", [1, 7, 8, 32])
@pytest.mark.parametrize("inputs", [1, 2, 7, 9, 84])
@pytest.mark.parametrize("outputs", [1, 5, 7, 9, 10, 84])
def test_a_lane_has_the_same_bits_alone_and_beside_others_whatever_the_widths(
    batch: int, inputs: int, outputs: int
) -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = (batch, inputs), (outputs, inputs), (outputs,), (batch, outputs)
    given = [torch.randn((LANES, *shape), generator=generator) for shape in shapes]
    together = product_and_gradients(*given)
    for lane in range(LANES):
        alone = product_and_gradients(*(leaf[lane : lane + 1].clone() for leaf in given))
        for what, own, beside in zip(("product", "x", "weight", "bias"), alone, together, strict=True):
            assert torch.equal(own[0], beside[lane]), what


def product_and_gradients(x: Tensor, weight: Tensor, bias: Tensor, gradient: Tensor) -> list[Tensor]:
    leaves = [leaf.detach().requires_grad_() for leaf in (x, weight, bias)]
    product = linear(*leaves)
    return [product.detach(), *torch.autograd.grad(product, leaves, gradient)]


@pytest.mark.parametrize("batch", [1, 7, 8, 32])
@pytest.mark.parametrize("inputs", [1, 2, 7, 9, 84])
@pytest.mark.parametrize("outputs", [1, 5, 7, 9, 10, 16, 84])
def test_the_closed_form_gradient_is_exact_too_in_rows_of_parameters(batch: int, inputs: int, outputs: int) -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = (batch, inputs), (outputs, inputs), (outputs,), (batch, outputs)
    given = [torch.randn((LANES, *shape), generator=generator) for shape in shapes]
    together = in_rows(*given)
    for found, expected in zip(together, product_and_gradients(*given), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    for lane in range(LANES):
        alone = in_rows(*(leaf[lane : lane + 1].clone() for leaf in given))
        for what, own, beside in zip(("product", "x", "weight", "bias"), alone, together, strict=True):
            assert torch.equal(own[0], beside[lane]), what


def in_rows(x: Tensor, weight: Tensor, bias: Tensor, gradient: Tensor) -> list[Tensor]:
    """As `product_and_gradients`, with parameters and gradients as views of rows."""
    leaves = {"weight": weight, "bias": bias}
    row = pack(leaves)
    params, grads = views(row, leaves), views(torch.zeros_like(row), leaves)
    product = linear(x, params["weight"], params["bias"])
    of_x = linear_backward(x, params["weight"], grads["weight"], grads["bias"], gradient, wanted=True)
    assert of_x is not None
    return [product, of_x, grads["weight"], grads["bias"]]
