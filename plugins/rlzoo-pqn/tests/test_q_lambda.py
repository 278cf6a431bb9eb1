"""Q(lambda) returns against brute force: the sum over all numbers of steps, each written out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlzoo_pqn.q_lambda import lambda_return

LANES, ENVS = 2, 2


@dataclass(frozen=True)
class Step:
    """One step of an environment; `value` is that of the observation after it."""

    reward: float
    discount: float
    value: float
    terminated: bool
    truncated: bool


def n_step(steps: list[Step], n: int) -> float:
    """The sum of `n` rewards and the value after them; `steps` belong to one episode."""
    total, factor = 0.0, 1.0
    for step in steps[:n]:
        total, factor = total + factor * step.reward, factor * step.discount
    return total if steps[n - 1].terminated else total + factor * steps[n - 1].value


def brute_force(steps: list[Step], q_lambda: float) -> float:
    """The sum of `(1 - lambda) lambda^(n-1) G_n`, the last with all that is left (Sutton & Barto, 2018, 12.1)."""
    ends = [number for number, step in enumerate(steps, 1) if step.terminated or step.truncated]
    last = min(ends, default=len(steps))
    inner = sum((1 - q_lambda) * q_lambda ** (n - 1) * n_step(steps, n) for n in range(1, last))
    return inner + q_lambda ** (last - 1) * n_step(steps, last)


@given(
    count=st.integers(1, 12),
    ends=st.sampled_from([0.0, 0.15, 0.6]),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    per_lane=st.booleans(),
    seed=st.integers(0, 999),
)
def test_pitfall_28_returns_are_the_weighted_sum_of_all_n_step_returns(
    count: int, ends: float, shares: tuple[float, float], per_lane: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (LANES, ENVS, count)
    reward, value = rng.normal(size=(2, *shape)).astype(np.float32)
    discount = rng.random(shape).astype(np.float32)
    terminated, truncated = rng.random((2, *shape)) < ends  # both at once is possible, and counts as terminated
    tensors = map(torch.from_numpy, (reward, discount, terminated, terminated | truncated, value))
    got = lambda_return(*tensors, np.array(shares)[:, None] if per_lane else shares[0])
    for lane, env, first in np.ndindex(shape):
        arrays = (array[lane, env, first:].tolist() for array in (reward, discount, value, terminated, truncated))
        steps = [Step(*numbers) for numbers in zip(*arrays, strict=True)]
        expected = brute_force(steps, shares[lane] if per_lane else shares[0])
        np.testing.assert_allclose(got[lane, env, first], expected, rtol=1e-4, atol=1e-5)
