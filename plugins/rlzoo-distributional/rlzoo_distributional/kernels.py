"""Losses compiled by numba: one pass instead of one for each operation.

All sums are over the numbers of one row, in an order that depends on how many there are, so a row has the same bits
beside any others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import float32, int32
from torch import Tensor

from rlzoo.lanes.jit import jit, jit_sums


def rows(logits: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Logits `[..., K]` as `[R, K]`, and the highest of each row, `[R]`."""
    flat = logits.reshape(-1, logits.shape[-1]).contiguous()
    return flat.numpy(), flat.amax(-1).numpy()


@jit
def quantile_huber(  # type: ignore[no-untyped-def]
    predicted: Any, fractions: Any, goal: Any, kappa: Any, scale: Any, loss: Any, absolute: Any, slope: Any
):
    """The sums over all pairs of `predicted` and `fractions` `[R, N]` with `goal` `[R, M]`, times `scale`.

    Write the losses `[R]`, the absolute differences `[R]` and the derivatives `[R, N]`; there may be a single row of
    fractions.
    """
    rows, count = predicted.shape
    number = predicted.dtype.type  # other constants would be float64
    half, one, zero = number(0.5), number(1), number(0)
    losses, differences = np.empty_like(predicted[0]), np.empty_like(predicted[0])
    for row in range(rows):
        quantiles, below, slopes = predicted[row], fractions[row % len(fractions)], slope[row]
        losses[:], differences[:], slopes[:] = zero, zero, zero
        for sample in goal[row]:
            for i in range(count):  # vector instructions work on several quantiles at once
                difference = sample - quantiles[i]
                clipped = min(max(difference, -kappa), kappa)
                weighted = clipped * (below[i] if difference > zero else one - below[i])
                slopes[i] -= weighted
                losses[i] += weighted * (difference - half * clipped)
                differences[i] += abs(difference)
        loss[row], absolute[row] = zero, zero
        for i in range(count):
            slopes[i] *= scale
            loss[row] += losses[i] * scale
            absolute[row] += differences[i]


@jit
def exp(x):  # type: ignore[no-untyped-def]
    """`e^x` for `x` up to 0, to one unit in the last place; 1e-38 below -87. By the polynomial of the library Cephes.

    Unlike calls of the C library, it works on several numbers at once. So does `log`.
    """
    x = float32(-87) if x < float32(-87) else x  # unlike `max`, this keeps what is not a number
    shifted = float32(x * float32(1.442695041) + float32(12583039))  # its last bits are the exponent of the result
    n = shifted - float32(12583039)
    r = x - n * float32(0.693359375) + n * float32(2.12194440e-4)
    y = float32(1.9875691500e-4)
    y = y * r + float32(1.3981999507e-3)
    y = y * r + float32(8.3334519073e-3)
    y = y * r + float32(4.1665795894e-2)
    y = y * r + float32(1.6666665459e-1)
    y = y * r + float32(5.0000001201e-1)
    return (y * r * r + r + float32(1)) * int32(shifted.view(int32) << 23).view(float32)


@jit
def log(x):  # type: ignore[no-untyped-def]
    """The logarithm of a positive, finite number, by the polynomial of Cephes; that of 0 is about -88."""
    bits = float32(x).view(int32)
    exponent = int32(int32(bits - int32(0x3F3504F3)) >> 23)
    f = int32(bits - int32(exponent << 23)).view(float32) - float32(1)
    y = float32(7.0376836292e-2)
    y = y * f - float32(1.1514610310e-1)
    y = y * f + float32(1.1676998740e-1)
    y = y * f - float32(1.2420140846e-1)
    y = y * f + float32(1.4249322787e-1)
    y = y * f - float32(1.6668057665e-1)
    y = y * f + float32(2.0000714765e-1)
    y = y * f - float32(2.4999993993e-1)
    y = y * f + float32(3.3333331174e-1)
    return f + (y * f * f * f - float32(0.5) * f * f) + float32(exponent) * float32(0.6931471806)


@jit_sums
def mean_return(logits: Any, highest: Any, support: Any, mean: Any):  # type: ignore[no-untyped-def]
    """The means `[R]` of distributions over `support` `[K]`, given their logits `[R, K]` and the highest of each."""
    for row in range(len(logits)):
        x, top = logits[row], highest[row]
        weighted, total = float32(0), float32(0)
        for k in range(len(support)):
            weight = exp(x[k] - top)
            total += weight
            weighted += weight * support[k]
        mean[row] = weighted / total


@jit_sums
def project(  # type: ignore[no-untyped-def]
    logits: Any, highest: Any, support: Any, reward: Any, discount: Any, margin: Any, goal: Any, clipped: Any
):
    """The distributions `[R, K]` of `reward + discount * Z`, each return split between its neighbours in the support.

    Z has the `logits` `[R, K]`. `clipped` `[R]` is how much is further than `margin` outside of the support.
    """
    last = len(support) - 1
    lowest, end = support[0], float32(last)
    spacing = (support[last] - lowest) / end
    low, high = lowest - margin, support[last] + margin
    chances, places = np.empty_like(support), np.empty_like(support)
    for row in range(len(logits)):
        x, top, to = logits[row], highest[row], goal[row]
        total, outside = float32(0), float32(0)
        for k in range(last + 1):
            chances[k] = exp(x[k] - top)
            total += chances[k]
        for k in range(last + 1):
            chances[k] /= total
            value = reward[row] + discount[row] * support[k]
            outside += chances[k] if value < low or value > high else float32(0)
            place = (value - lowest) / spacing
            place = float32(0) if place < float32(0) else place
            places[k] = end if place > end else place
            to[k] = float32(0)
        clipped[row] = min(outside, float32(1))  # a sum of probabilities may round to more
        for k in range(last + 1):
            below = int(places[k]) if places[k] >= float32(0) else 0  # NaN is not
            upper = (places[k] - float32(below)) * chances[k]
            to[below] += chances[k] - upper
            to[min(below + 1, last)] += upper


@jit_sums
def cross_entropy(  # type: ignore[no-untyped-def]
    logits: Any, highest: Any, goal: Any, weight: Any, loss: Any, divergence: Any, slope: Any
):
    """The cross entropy of `goal` `[R, K]` and the KL divergence from it, both `[R]`.

    `slope` `[R, K]` are the derivatives of `weight * loss` with respect to the logits.
    """
    count = logits.shape[1]
    for row in range(len(logits)):
        x, top, chances, slopes = logits[row], highest[row], goal[row], slope[row]
        total, mass, entropy, product = float32(0), float32(0), float32(0), float32(0)
        for k in range(count):
            shifted = x[k] - top
            slopes[k] = exp(shifted)
            total += slopes[k]
            mass += chances[k]
            product += chances[k] * shifted
            entropy -= chances[k] * log(chances[k])
        loss[row] = mass * np.log(total) - product
        divergence[row] = loss[row] - entropy
        share = mass / total
        for k in range(count):
            slopes[k] = weight[row] * (slopes[k] * share - chances[k])
