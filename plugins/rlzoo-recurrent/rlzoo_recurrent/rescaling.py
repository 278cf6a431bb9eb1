"""Value rescaling: large returns are learned on a smaller scale (Pohlen et al., 2018; Kapturowski et al., 2019)."""

from __future__ import annotations

import torch
from torch import Tensor


def rescale(x: Tensor, eps: float) -> Tensor:
    """`h(x) = sign(x) (sqrt(|x| + 1) - 1) + eps x`, `[...]` -> `[...]`."""
    size = x.abs()
    return torch.sign(x) * (size / ((size + 1).sqrt() + 1)) + eps * x  # sqrt(s + 1) - 1, without cancellation


def restore(x: Tensor, eps: float) -> Tensor:
    """The inverse of `rescale`, `[...]` -> `[...]`.

    `((sqrt(1 + 4 eps (|x| + 1 + eps)) - 1) / (2 eps))^2 - 1`, times the sign of `x`, without cancellation.
    """
    size = x.abs()
    root = (1 + 4 * eps * (size + 1 + eps)).sqrt()
    above = 2 * size / (root + 1 + 2 * eps)  # the square root of |h^-1(x)| + 1, minus 1
    return torch.sign(x) * above * (above + 2)
