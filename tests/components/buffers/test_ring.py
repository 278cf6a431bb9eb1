from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from hypothesis import given
from hypothesis import strategies as st

from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.components.buffers.uniform import Uniform
from rlzoo.contracts import Batch, Column
from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.contracts.spaces import FrameStack

from support.tiny import make_spec, make_transition

LANES = 2
COLUMNS = (Column("pair", (2,), "float32"), Column("next_number", (), "int64"))


class Model:
    """What a ring holds, as a list: appending to a full one drops the oldest first."""

    def __init__(self, capacity: int) -> None:
        self.held: deque[int] = deque()
        self.capacity = capacity

    def add(self, number: int) -> None:
        if len(self.held) == self.capacity:
            self.held.popleft()
        self.held.append(number)


def contents(ring: Ring) -> list[list[int]]:
    every = torch.arange(len(ring)).expand(LANES, -1)
    return ring.gather(every).observation.tolist()


@given(capacity=st.integers(1, 12), envs=st.integers(1, 5), steps=st.integers(0, 20))
def test_a_ring_holds_what_a_list_would(capacity: int, envs: int, steps: int) -> None:
    envs = min(envs, capacity)
    ring, model = Ring(make_spec(Discrete(9_999), lanes=LANES, envs=envs), capacity), Model(capacity)
    for step in range(steps):
        ring.add(make_transition(step * envs, LANES, envs))
        for number in range(step * envs, (step + 1) * envs):
            model.add(number)
    assert len(ring) == len(model.held)
    for lane, held in enumerate(contents(ring)):
        assert sorted(held) == sorted(1000 * lane + number for number in model.held)


@given(capacity=st.integers(1, 12), envs=st.integers(1, 4), steps=st.integers(1, 20), data=st.data())
def test_latest_are_the_last_ones_in_order(capacity: int, envs: int, steps: int, data: st.DataObject) -> None:
    envs = min(envs, capacity)
    ring = Ring(make_spec(Discrete(9_999), lanes=LANES, envs=envs), capacity)
    for step in range(steps):
        ring.add(make_transition(step * envs, LANES, envs))
    count = data.draw(st.integers(1, len(ring)))
    picked = ring.gather(ring.latest(count).expand(LANES, -1)).observation
    assert picked[0].tolist() == list(range(steps * envs - count, steps * envs))


def test_all_fields_of_a_transition_stay_together() -> None:
    ring = Ring(make_spec(Box(0, 1e4, (2, 3)), lanes=LANES, envs=4, columns=COLUMNS), 10)
    for first in range(0, 24, 4):
        ring.add(make_transition(first, LANES, 4, (2, 3), COLUMNS))
    batch = ring.gather(torch.tensor([[0, 3, 9], [5, 5, 1]]))
    number = batch.reward.long()
    assert batch.observation.shape == (2, 3, 2, 3)
    assert torch.equal(batch.observation, number[..., None, None].expand(2, 3, 2, 3).float())
    assert torch.equal(batch.next_observation, batch.observation + 1)
    assert torch.equal(batch.action, number % 3)
    assert torch.equal(batch.terminated, number % 3 == 0)
    assert torch.equal(batch.truncated, number % 5 == 0)
    assert torch.equal(batch.columns["pair"], number.unsqueeze(-1).expand(2, 3, 2).float())
    assert torch.equal(batch.columns["next_number"], 10 * number)
    assert torch.equal(batch.weight, torch.ones(2, 3))


def test_bytes_stay_bytes() -> None:
    ring = Ring(make_spec(Box(0, 255, (2,), np.uint8)), 4)
    ring.add(make_transition(0, 2, 1, (2,)))
    assert ring.gather(torch.zeros(2, 1, dtype=torch.int64)).observation.dtype == torch.uint8


@pytest.mark.parametrize("steps", [3, 7, 12])
def test_state_leaves_and_returns(steps: int) -> None:
    spec = make_spec(Discrete(9_999), lanes=LANES)
    ring, restored = Ring(spec, 7), Ring(spec, 7)
    for step in range(steps):
        ring.add(make_transition(step, LANES, 1))
    restored.load_state(ring.state())
    for step in range(steps, steps + 5):
        ring.add(make_transition(step, LANES, 1))
        restored.add(make_transition(step, LANES, 1))
        assert contents(restored) == contents(ring)


def test_rows_that_are_read_are_a_copy() -> None:
    ring = Ring(make_spec(Discrete(9_999), lanes=LANES), 2)
    for step in range(3):
        ring.add(make_transition(step, LANES, 1))
    rows = ring.state()["transitions"]
    read = rows.read(1, rows.first, rows.last)
    for step in range(3, 5):
        ring.add(make_transition(step, LANES, 1))
    assert (rows.first, rows.last) == (1, 3)
    assert read["observation"].tolist() == [1001, 1002]


def test_a_ring_shorter_than_a_vector_step_is_refused() -> None:
    with pytest.raises(OptionError, match="3 transitions cannot hold one step of 4"):
        Ring(make_spec(envs=4), 3)


@pytest.mark.parametrize(
    ("space", "columns", "size"),
    [
        (Box(-1, 1, (4,)), (), 2 * 16 + 8 + 4 + 2),
        (Discrete(5), (), 2 * 8 + 8 + 4 + 2),
        (Box(0, 255, (10, 10), np.uint8), COLUMNS, 2 * 100 + 8 + 4 + 2 + 8 + 8),
        (FrameStack(0, 255, (4, 84, 84), np.uint8), (), 84 * 84 + 8 + 4 + 2),
    ],
)
def test_the_bytes_of_a_transition_are_those_that_are_stored(space: Any, columns: Any, size: int) -> None:
    ring = Ring(replace(make_spec(space), columns=columns), 10)
    assert ring.bytes == size


def test_a_ring_that_no_memory_holds_is_refused_before_it_is_allocated() -> None:
    with pytest.raises(BadInput, match=r"10,000,000,000,000 transitions of 46 bytes in 2 lanes need at least .* GiB"):
        Ring(replace(make_spec(Box(-1, 1, (4,))), lanes=2), 10**13)
    buffer = RingBufferOnly(Ring(make_spec(Box(-1, 1, (4,))), 1_000_000))
    buffer.check_memory(1)
    with pytest.raises(BadInput, match=r"1,000,000 transitions of 46 bytes in 10000000 lanes"):
        buffer.check_memory(10**7)


def test_batches_that_no_memory_holds_are_refused() -> None:
    with pytest.raises(BadInput, match=r"batches of 1,000,000,000,000 transitions of 46 bytes need at least .* GiB"):
        Uniform().build(replace(make_spec(Box(-1, 1, (4,))), batch_size=10**12))
    Uniform(replacement=False).build(replace(make_spec(Box(-1, 1, (4,))), batch_size=10**12))  # as large as the buffer


class RingBufferOnly(RingBuffer):
    def sample(self, size: int | None) -> Batch:
        raise NotImplementedError
