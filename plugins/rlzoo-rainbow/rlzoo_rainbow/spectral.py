"""Spectral normalization: the weight of a convolution divided by its largest singular value (Miyato et al., 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from rlzoo.lanes.params import Params

EPS = 1e-12
"""The smallest norm that divides a vector, as in PyTorch."""


class SpectralConv2d(nn.Conv2d):
    """A convolution whose weight, a matrix `[out, in * height * width]`, is divided by `left @ weight @ right`.

    The two vectors are an estimate of the first singular ones. An iteration of the power method follows each update, so
    acting and evaluating do not change them, and the target network has its own.
    """

    left: Tensor
    right: Tensor

    def __init__(self, inputs: int, outputs: int, side: int, padding: int = 0) -> None:
        super().__init__(inputs, outputs, side, padding=padding)
        matrix = self.weight.detach().flatten(1)
        self.register_buffer("left", normalize(torch.randn(len(matrix)), dim=0, eps=EPS))
        self.register_buffer("right", normalize(torch.randn(matrix.shape[1]), dim=0, eps=EPS))
        for _ in range(15):  # as PyTorch begins
            iterate(matrix, self.left, self.right)

    def forward(self, x: Tensor) -> Tensor:
        """`[B, C, H, W]` -> `[B, filters, h, w]`."""
        largest = torch.vdot(self.left, torch.mv(self.weight.flatten(1), self.right))
        return self._conv_forward(x, self.weight / largest, self.bias)

    @staticmethod
    def after_update(leaves: Params) -> None:
        """One iteration, with the new weight."""
        iterate(leaves["weight"].flatten(1), leaves["left"], leaves["right"])


def iterate(matrix: Tensor, left: Tensor, right: Tensor) -> None:
    """One iteration of the power method, in place: `left` `[m]`, `right` `[n]` and a matrix `[m, n]`."""
    left.copy_(normalize(torch.mv(matrix, right), dim=0, eps=EPS))
    right.copy_(normalize(torch.mv(matrix.t(), left), dim=0, eps=EPS))
