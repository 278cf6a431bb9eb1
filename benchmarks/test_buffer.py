"""Adding one vector step to uniform replay, and sampling a batch of 128 from it."""

from __future__ import annotations

import numpy as np

from rlzoo.contracts import Transition
from rlzoo.training.runner import Runner


def test_add(benchmark, runner: Runner) -> None:
    shape = (len(runner.seeds), 1)
    observation, no = np.zeros((*shape, 4), np.float32), np.zeros(shape, np.bool_)
    transition = Transition(observation, np.zeros(shape, np.int64), np.ones(shape), observation, no, no)
    benchmark(runner.parts.buffer.add, transition)


def test_sample(benchmark, runner: Runner) -> None:
    benchmark(runner.parts.buffer.sample, 128)
