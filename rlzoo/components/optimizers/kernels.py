"""Update rules compiled by numba: one pass over the parameters instead of one per operation.

Settings are float64 `[L]`, one number per lane. A multiplication and an addition round once (`fma`) where they do in
PyTorch's operations, so that both give the same bits.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba.extending import intrinsic
from numpy import float32

from rlzoo.lanes.jit import jit

TINY = np.finfo(np.float32).tiny


def _fma(context: Any, a: Any, b: Any, c: Any) -> Any:
    """`a * b + c`, rounded once."""
    return a(a, a, a), lambda context, builder, signature, arguments: builder.fma(*arguments)


fma: Any = intrinsic(_fma)


@jit
def adam(row, gradient, mean, square, lr, beta1, beta2, eps, steps):  # type: ignore[no-untyped-def]
    """Update `row` and both moments, float32 `[L, P]`, for the step number `steps`."""
    for lane in range(len(row)):
        rate = float32(-lr[lane] / (1 - beta1[lane] ** steps))
        scale = float32(np.sqrt(1 - beta2[lane] ** steps))
        near = float32(1 - beta1[lane])
        far = near - float32(1)
        new, keep, small = float32(1 - beta2[lane]), float32(beta2[lane]), float32(eps[lane])
        x, gradients, means, squares = row[lane], gradient[lane], mean[lane], square[lane]
        for i in range(len(x)):
            g, m = gradients[i], means[i]
            # Like `torch.lerp`, from whichever end is closer.
            m = fma(near, g - m, m) if near < 0.5 else fma(far, g - m, g)
            s = fma(new * g, g, squares[i] * keep)
            means[i], squares[i] = m, s
            x[i] += rate * m / (np.sqrt(s) / scale + small)


@jit
def radam(row, gradient, mean, square, lr, beta1, beta2, eps, steps):  # type: ignore[no-untyped-def]
    """Update `row` and both moments, float32 `[L, P]`, for the step number `steps`.

    Until the variance of the second moment is tractable (`rho > 5` in the paper), steps are those of the mean alone.
    """
    for lane in range(len(row)):
        left = 1 - beta2[lane] ** steps
        most = 2 / (1 - beta2[lane]) - 1
        rho = most - 2 * steps * beta2[lane] ** steps / left
        rate = -lr[lane] / (1 - beta1[lane] ** steps)
        rectified = rho > 5
        if rectified:
            rate *= np.sqrt(left * (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
        step, new1, new2 = float32(rate), float32(1 - beta1[lane]), float32(1 - beta2[lane])
        keep1, keep2, small = float32(beta1[lane]), float32(beta2[lane]), float32(eps[lane])
        x, gradients, means, squares = row[lane], gradient[lane], mean[lane], square[lane]
        for i in range(len(x)):
            g = gradients[i]
            m, s = means[i] * keep1 + new1 * g, squares[i] * keep2 + new2 * (g * g)
            means[i], squares[i] = m, s
            x[i] += step * (m / (np.sqrt(s) + small) if rectified else m)


@cache
def rmsprop(centered: bool, inside: bool, moving: bool) -> Any:
    """The loop for one variant of RMSProp: a loop that has to ask for each number is five times slower."""

    @jit
    def loop(row, gradient, square, mean, velocity, lr, decay, eps, momentum):  # type: ignore[no-untyped-def]
        """Update `row`, `square`, and `mean` if centered, and `velocity` if moving, float32 `[L, P]`."""
        for lane in range(len(row)):
            rate, small, push = float32(-lr[lane]), float32(eps[lane]), float32(momentum[lane])
            keep, new = float32(decay[lane]), float32(1 - decay[lane])
            x, gradients, squares, means, velocities = (
                row[lane],
                gradient[lane],
                square[lane],
                mean[lane],
                velocity[lane],
            )
            for i in range(len(x)):
                g = gradients[i]
                s = fma(new * g, g, squares[i] * keep)
                squares[i] = s
                if centered:
                    m = fma(g, new, means[i] * keep)
                    means[i] = m
                    s = fma(-m, m, s)
                s = TINY if s < TINY else s  # rounding can make a centered variance negative
                step = g / (np.sqrt(s + small) if inside else np.sqrt(s) + small)
                if moving:
                    step = velocities[i] * push + step
                    velocities[i] = step
                x[i] = fma(step, rate, x[i])

    return loop
