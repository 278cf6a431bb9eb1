"""Spans of several steps against a loop over the history, one transition at a time (pitfall 4)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlzoo.components.buffers.online import Online
from rlzoo.components.buffers.ring import Ring
from rlzoo.contracts import Column, Transition
from rlzoo.contracts.errors import OptionError

from support.tiny import make_spec

GAMMA = 0.9
NUMBERED = (Column("next_number", (), "int64"),)


def history(steps: int, lanes: int, envs: int, seed: int) -> list[Transition]:
    """Random rewards; an episode terminates or is truncated every few steps, or never."""
    rng = np.random.default_rng(seed)
    told = []
    for step in range(steps):
        number = 100 * step + 10 * np.arange(lanes)[:, None] + np.arange(envs)
        observation = np.repeat(number[..., None], 4, -1).astype(np.float32)
        ends = rng.random((2, lanes, envs)) < 0.15
        reward = rng.normal(size=(lanes, envs)).astype(np.float32)
        told.append(Transition(observation, number % 3, reward, observation + 0.5, *ends, {"next_number": number + 7}))
    return told


def by_hand(told: list[Transition], step: int, lane: int, env: int, n: int) -> list[float]:
    """Discounted reward, discount, terminated, the first number of the next observation, and the `next_` column."""
    total, steps = 0.0, 0
    for later in told[step : step + n]:
        total += GAMMA**steps * float(later.reward[lane, env])
        steps += 1
        if later.terminated[lane, env] or later.truncated[lane, env]:
            break
    end = told[step + steps - 1]
    following = end.terminated[lane, env], end.next_observation[lane, env, 0], end.columns["next_number"][lane, env]
    return [total, GAMMA**steps, *map(float, following)]


@given(
    steps=st.integers(1, 30),
    lanes=st.integers(1, 2),
    envs=st.integers(1, 3),
    vector_steps=st.integers(1, 12),
    extra=st.integers(0, 2),
    n=st.integers(1, 5),
    seed=st.integers(0, 1_000),
)
def test_pitfall_04_every_span_in_the_ring_is_as_by_hand(
    steps: int, lanes: int, envs: int, vector_steps: int, extra: int, n: int, seed: int
) -> None:
    capacity = vector_steps * envs + min(extra, envs - 1)  # also capacities that vector steps do not divide
    told = history(steps, lanes, envs, seed)
    ring = Ring(make_spec(lanes=lanes, envs=envs, gamma=GAMMA, n_step=n, columns=NUMBERED), capacity)
    for transition in told:
        ring.add(transition)
    numbers = range(max(0, steps * envs - capacity), steps * envs)  # what the ring still holds, oldest first
    index = torch.tensor([number % capacity for number in numbers]).expand(lanes, -1)
    batch = ring.gather(index)
    for lane in range(lanes):
        for b, number in enumerate(numbers):
            step, env = divmod(number, envs)
            expected = by_hand(told, step, lane, env, n)
            next_number = batch.columns["next_number"]
            got = (batch.reward, batch.discount, batch.terminated, batch.next_observation[..., 0], next_number)
            assert [float(field[lane, b]) for field in got] == pytest.approx(expected, abs=1e-5)
            assert float(batch.observation[lane, b, 0]) == told[step].observation[lane, env, 0]


def test_spans_are_refused_where_there_are_none() -> None:
    with pytest.raises(OptionError, match="buffer=online"):
        Online().build(make_spec(n_step=3))
