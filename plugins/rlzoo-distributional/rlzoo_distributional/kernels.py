"""Losses compiled by numba: one pass instead of one for each operation.

All sums are over the numbers of one row, one after another, so a row has the same bits beside any others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rlzoo.lanes.jit import jit


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
