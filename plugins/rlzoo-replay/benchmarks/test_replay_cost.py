"""Sampling and hearing the errors, against uniform replay: 10 lanes, batch 128, 100,000 transitions a lane."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np
import torch
from gymnasium.spaces import Box, Discrete

from rlzoo.components.buffers.uniform import Uniform
from rlzoo.contracts import Buffer, BuildSpec, Transition
from rlzoo.lanes.rng import LaneRng
from rlzoo.training.groups import one_thread
from rlzoo_replay.prioritized import Prioritized

LANES, BATCH, HELD = 10, 128, 100_000
ROUNDS = 300


def full(options: Uniform | Prioritized) -> Buffer:
    """A full buffer of transitions such as CartPole's; added by the thousand, as if by so many environments."""
    envs = 1_000
    rng = LaneRng(range(LANES), "buffer")
    space, cpu = Box(-np.inf, np.inf, (4,), np.float32), torch.device("cpu")
    buffer = options.build(BuildSpec(space, Discrete(2), LANES, envs, cpu, rng, steps=10**6))
    observation, no = np.zeros((LANES, envs, 4), np.float32), np.zeros((LANES, envs), np.bool_)
    transition = Transition(observation, no.astype(np.int64), no.astype(np.float32), observation, no, no)
    for _ in range(HELD // envs):
        buffer.add(transition)
    return buffer


def learn_from(buffer: Buffer, errors: torch.Tensor) -> float:
    """Seconds to sample a batch and to take its errors."""
    start = perf_counter()
    buffer.feedback(buffer.sample(BATCH).index, errors)
    return perf_counter() - start


def test_cost(benchmark) -> None:
    """The time of one sample and feedback; `times_uniform` is the median over alternating calls."""
    with one_thread():
        uniform, prioritized = full(Uniform(HELD)), full(Prioritized(HELD))
        errors = torch.randn((ROUNDS, LANES, BATCH), generator=torch.Generator().manual_seed(0)) ** 3
        ratios = [learn_from(prioritized, error) / learn_from(uniform, error) for error in errors]
        benchmark.extra_info["times_uniform"] = median(ratios)
        benchmark(learn_from, prioritized, errors[0])
