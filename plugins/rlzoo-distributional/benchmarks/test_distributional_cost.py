"""One update of ten lanes on CartPole-v1, against DQN's, in seconds of the processor."""

from __future__ import annotations

from statistics import median
from time import process_time

import pytest
import torch

from rlzoo.registry.catalog import open_catalog
from rlzoo.registry.composition import compose
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

LANES, BATCH, ROUNDS = 10, 128, 40


def learning(algorithm: str) -> Runner:
    """A run whose first updates are done."""
    composition = compose(open_catalog(), algorithm, {}, {"train.learning_starts": 500}, "CartPole-v1")
    runner = Runner(composition, range(LANES), torch.device("cpu"))
    runner.begin()
    while runner.clock.updates < 5:
        runner.step()
    return runner


def update(runner: Runner) -> float:
    """Seconds that one update takes."""
    batch = runner.parts.buffer.sample(BATCH)
    start = process_time()
    runner.learner.update(batch)
    return process_time() - start


@pytest.mark.parametrize("algorithm", ["c51", "qr-dqn", "iqn", "munchausen-dqn"])
def test_cost(benchmark, algorithm: str) -> None:
    """The time of an update; `times_dqn` is the median over alternating calls."""
    with one_thread():
        own, dqn = learning(algorithm), learning("dqn")
        ratios = [update(own) / update(dqn) for _ in range(ROUNDS)]
        benchmark.extra_info["times_dqn"] = median(ratios)
        benchmark(update, own)
