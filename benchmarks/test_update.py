"""One update of every lane, compared with the matrix products it requires."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import torch

from rlzoo.training.runner import Runner


def bare_products(runner: Runner) -> Callable[[], None]:
    """Only the matrix products of one update: two forward passes and one backward pass."""
    lanes, size = len(runner.seeds), 128
    weights = [leaf.detach() for name, leaf in runner.learner.online.items() if name.endswith("weight")]
    widths = [weights[0].shape[2], *(weight.shape[1] for weight in weights)]
    layers = [torch.randn(lanes, size, width) for width in widths]

    def run() -> None:
        for _ in range(2):
            for x, weight in zip(layers, weights, strict=False):
                torch.bmm(x, weight.transpose(1, 2))
        for x, gradient in pairwise(layers):
            torch.bmm(gradient.transpose(1, 2), x)
        for gradient, weight in zip(layers[2:], weights[1:], strict=True):
            torch.bmm(gradient, weight)

    return run


def test_update(benchmark, runner: Runner) -> None:
    batch = runner.parts.buffer.sample(128)
    benchmark.extra_info["times_bare_products"] = ratio(lambda: runner.learner.update(batch), bare_products(runner))
    benchmark(runner.learner.update, batch)


def test_bare_products(benchmark, runner: Runner) -> None:
    benchmark(bare_products(runner))


def ratio(own: Callable[[], object], other: Callable[[], object], rounds: int = 200) -> float:
    """The median over alternating calls of how many times as long `own` takes."""

    def seconds(call: Callable[[], object]) -> float:
        began = time.perf_counter()
        call()
        return time.perf_counter() - began

    return statistics.median(seconds(own) / seconds(other) for _ in range(rounds))
