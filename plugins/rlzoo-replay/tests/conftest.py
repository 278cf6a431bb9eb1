from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete

from rlzoo.contracts import Buffer, BuildSpec, Transition
from rlzoo.lanes.rng import LaneRng

Add = Callable[..., None]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """As in a run."""
    torch.set_num_threads(1)


@pytest.fixture
def add() -> Add:
    """Adds vector steps that never end an episode; each observation is the number of its transition in the lane."""

    def added(buffer: Buffer, count: int, lanes: int, envs: int = 1, first: int = 0) -> None:
        never = np.zeros((lanes, envs), np.bool_)
        for step in range(first, first + count):
            number = np.broadcast_to(np.arange(step * envs, (step + 1) * envs), (lanes, envs))
            buffer.add(Transition(number, number % 2, number.astype(np.float32), number + 1, never, never))

    return added


@pytest.fixture
def fill(add: Add) -> Callable[..., Buffer]:
    """Builds a buffer and adds `count` vector steps."""

    def filled(options: Any, count: int, seeds: Sequence[int] = (0, 1), envs: int = 1, **more: Any) -> Buffer:
        lanes, cpu, rng = len(seeds), torch.device("cpu"), LaneRng(seeds, "buffer")
        spec = BuildSpec(Discrete(99_999), Discrete(2), lanes, envs, cpu, rng, steps=1_000)
        buffer = options.build(replace(spec, **more))
        add(buffer, count, lanes, envs)
        return buffer

    return filled
