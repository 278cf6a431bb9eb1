"""What the last hidden layer of a network represents, as numbers of its outputs in a batch of states."""

from __future__ import annotations

import numpy as np
import torch

DORMANT = 0.025
"""A unit is dormant if its mean activity is at most this fraction of the layer's."""
NEGLIGIBLE = 0.01
"""The share of the sum of singular values that the effective rank leaves out."""


def dormant_share(features: np.ndarray) -> np.ndarray:
    """The share of units that are dormant (Sokar et al., 2023): features `[L, B, F]` -> `[L]`.

    A unit's activity is the mean of its absolute output over the states.
    """
    activity = np.abs(features).mean(1)  # [L, F]
    share: np.ndarray = (activity <= DORMANT * activity.mean(-1, keepdims=True)).mean(-1)
    return share


def effective_rank(features: np.ndarray) -> np.ndarray:
    """How many of the largest singular values make 99% of their sum (srank; Kumar et al., 2021).

    Features `[L, B, F]` -> `[L]`; it is 0 if all are zero, and at most the smaller of `B` and `F`. NaN where any are
    not finite.
    """
    ranks, finite = np.full(len(features), np.nan), np.isfinite(features).all((1, 2))
    sums = _singular_values(features[finite]).cumsum(-1)  # [L, F]
    most = sums[:, -1:]
    ranks[finite] = np.where(most > 0, (sums < (1 - NEGLIGIBLE) * most).sum(-1, keepdims=True) + 1, 0)[:, 0]
    return ranks


def _singular_values(matrices: np.ndarray) -> np.ndarray:
    """The singular values of matrices, largest first: the roots of eigenvalues, which are found in half the time.

    By PyTorch, which uses one thread in a run; those of NumPy would compete with it. Matrices are multiplied one by
    one, so that the bits do not depend on how many there are.
    """
    wide = matrices.shape[1] < matrices.shape[2]
    tall = torch.from_numpy(matrices.swapaxes(1, 2) if wide else matrices)
    squares = tall.new_empty(len(tall), tall.shape[2], tall.shape[2])
    for matrix, square in zip(tall, squares, strict=True):
        torch.mm(matrix.T, matrix, out=square)
    values: np.ndarray = np.sqrt(np.maximum(torch.linalg.eigvalsh(squares).numpy()[:, ::-1], 0.0))
    return values
