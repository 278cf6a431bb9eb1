"""The gradient noise scale: how many samples a batch needs before its gradient says more than its noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from rlzoo.contracts import Batch, State

DECAY = 0.95
"""The weight of earlier updates at each examined one: about twenty of them count."""


class NoiseScale:
    """The trace of the covariance of the samples' gradients, divided by the square of the true gradient's norm.

    This is the simple noise scale of McCandlish et al. (2018). Both are estimated without bias, by two parts of a
    batch, and averaged before they are divided, as in the paper.
    """

    def __init__(self, lanes: int) -> None:
        self._variance, self._square = np.zeros((2, lanes))

    def add(self, first: np.ndarray, whole: np.ndarray, share: float, size: int) -> None:
        """Add the gradients of the first part of a batch, which has a `share` of its `size`, and of all of it.

        Both are means over samples, `[L, P]`.
        """
        squared, variance = moments(first, whole, share, size)
        self._square = DECAY * self._square + squared
        self._variance = DECAY * self._variance + variance

    def value(self) -> np.ndarray:
        """The noise scale in samples, `[L]`; NaN where the true gradient cannot be told from zero."""
        known = self._square > 0
        return np.divide(self._variance, self._square, out=np.full(len(known), np.nan), where=known)

    def state(self) -> State:
        """The two averages."""
        return {"variance": self._variance.copy(), "square": self._square.copy()}

    def load_state(self, state: State) -> None:
        """Restore them."""
        self._variance, self._square = state["variance"].copy(), state["square"].copy()


def moments(first: np.ndarray, whole: np.ndarray, share: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased estimates of the true gradient's squared norm, and of the trace of the samples' covariance: `[L]` each.

    Gradients of two separate parts of the batch have the true gradient in common and nothing else, so the mean of
    their product is its square, and that of their squared distance is the variance of both. The gradient of the second
    part is `(whole - share * first) / (1 - share)`; as the difference of the two parts, `(first - whole) / (1 - share)`
    has the variance `1 / n + 1 / m` for parts of n and m samples, which is `1 / (size * share * (1 - share))`.
    """
    product = (_dot(first, whole) - share * square(first)) / (1 - share)
    return product, size * share / (1 - share) * square(first - whole)


def square(gradient: np.ndarray) -> np.ndarray:
    """The squared Euclidean norm, float64: `[L, P]` -> `[L]`."""
    return _dot(gradient, gradient)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    product: np.ndarray = np.multiply(one, other, dtype=np.float64).sum(-1)
    return product


def first_part(batch: Batch) -> tuple[Batch, float]:
    """The batch with the weights of its first half only, and the share of the samples that have one.

    The other samples stay, so that an objective draws as many random numbers, and a compiled one keeps its shapes.
    """
    size = batch.index.shape[1]
    share = (size // 2) / size
    kept = torch.arange(size, device=batch.weight.device) < size // 2
    return replace(batch, weight=batch.weight * kept / share), share
