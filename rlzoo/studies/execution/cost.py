"""Estimates how long a study will take, by training each of its cells for a second."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch

from rlzoo.contracts import Composition
from rlzoo.registry.catalog import Catalog
from rlzoo.studies.design.designer import compose_cell
from rlzoo.studies.execution.study import Task
from rlzoo.training.groups import groups_of, one_thread
from rlzoo.training.runner import Runner

WARM_UP, MEASURED = 0.2, 0.8
"""Seconds."""
ENDLESS = 1_000_000_000
"""Steps or episodes, so that a short run does not end during the measurement."""


@dataclass(frozen=True)
class Cost:
    """The cost of a task on one core."""

    task: Task
    steps: int
    """Environment steps over all seeds; 0 if the algorithm counts episodes, whose length is unknown."""
    seconds: float


def estimate_cost(catalog: Catalog, task: Task, device: str) -> Cost:
    """Train the task's seeds for a second, learning from the start, and extrapolate to all of its steps."""
    composition = compose_cell(catalog, task.cell, task.environment)
    group = groups_of(composition, task.seeds)[0]
    with one_thread():
        rate = _rate(composition, group, torch.device(device))
    steps = (composition.train.steps or 0) * len(task.seeds)
    return Cost(task, steps, steps / rate)


def _rate(composition: Composition, seeds: list[int], device: torch.device) -> float:
    """Environment steps per second over these seeds, once learning has started."""
    train = composition.train
    starts = min(train.learning_starts, train.batch_size or 1)
    steps, episodes = train.steps and ENDLESS, train.episodes and ENDLESS
    early = replace(train, learning_starts=starts, eval_every=None, steps=steps, episodes=episodes)
    runner = Runner(replace(composition, train=early), seeds, device)
    runner.begin()
    _step_for(runner, WARM_UP)
    before, began = runner.clock.steps, time.monotonic()
    _step_for(runner, MEASURED)
    rate = (runner.clock.steps - before) * len(seeds) / (time.monotonic() - began)
    runner.close()
    return rate


def _step_for(runner: Runner, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not runner.finished:
        runner.step()
