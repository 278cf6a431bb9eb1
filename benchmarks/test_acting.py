"""Choosing actions for one observation per lane: Q values, then epsilon-greedy."""

from __future__ import annotations

import numpy as np
import torch
from torch.func import functional_call, vmap

from rlzoo.training.runner import Runner


def test_act(benchmark, runner: Runner) -> None:
    observation = np.zeros((len(runner.seeds), 1, 4), np.float32)
    benchmark(lambda: runner.parts.exploration.act(runner.learner.q(observation), runner.clock))


def test_q_by_batched_products(benchmark, runner: Runner) -> None:
    observation = torch.zeros(len(runner.seeds), 1, 4)
    with torch.inference_mode():
        benchmark(runner.learner.predict, runner.learner.online, observation)


def test_q_by_vmap(benchmark, runner: Runner) -> None:
    """The same network through `torch.vmap`, which `rlzoo.lanes.stacking` avoids."""
    module, observation = runner.parts.networks[0], torch.zeros(len(runner.seeds), 1, 4)
    run = vmap(lambda params, x: functional_call(module, params, (x,)))
    params = {name: leaf.detach().contiguous() for name, leaf in runner.learner.online.items()}
    with torch.no_grad():
        benchmark(run, params, observation)
