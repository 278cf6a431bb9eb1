"""Estimates how long a study will take, by training each of its programs for a second."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from rlzoo.registry.catalog import Catalog
from rlzoo.studies.design.designer import compose_cell
from rlzoo.studies.execution.programs import programs_of
from rlzoo.studies.execution.study import Task
from rlzoo.training.groups import Group, groups_of, join, one_thread
from rlzoo.training.runner import Runner

WARM_UP, MEASURED = 0.2, 0.8
"""Seconds."""
ENDLESS = 1_000_000_000
"""Steps or episodes, so that a short run does not end during the measurement."""


@dataclass(frozen=True)
class Cost:
    """The cost of some trials on one core."""

    steps: int
    """Environment steps over all seeds; 0 if the algorithm counts episodes, whose length is unknown."""
    seconds: float


def estimate_costs(catalog: Catalog, tasks: Sequence[Task], device: str, workers: int) -> list[Cost]:
    """Train each program of these tasks for a second, learning from the start, and extrapolate to all of its steps."""
    groups = [Group(compose_cell(catalog, task.cell, task.environment), task.seeds, device) for task in tasks]
    return [_cost([groups[place] for place in program]) for program in programs_of(groups, workers)]


def _cost(groups: Sequence[Group]) -> Cost:
    first = groups[0].composition
    group = join([replace(group, seeds=groups_of(group.composition, group.seeds)[0]) for group in groups])
    assert group is not None
    with one_thread():
        rate = _rate(group)
    steps = (first.train.steps or 0) * sum(len(group.seeds) for group in groups)
    return Cost(steps, steps / rate)


def _rate(group: Group) -> float:
    """Environment steps per second over all lanes, once learning has started."""
    train = group.composition.train
    starts = min(train.learning_starts, train.batch_size or 1)
    steps, episodes = train.steps and ENDLESS, train.episodes and ENDLESS
    early = replace(train, learning_starts=starts, eval_every=None, steps=steps, episodes=episodes)
    composition = replace(group.composition, train=early)
    runner = Runner(composition, group.seeds, torch.device(group.device), variants=group.variants)
    runner.begin()
    _step_for(runner, WARM_UP)
    before, began = runner.clock.steps, time.monotonic()
    _step_for(runner, MEASURED)
    rate = (runner.clock.steps - before) * len(group.seeds) / (time.monotonic() - began)
    runner.close()
    return rate


def _step_for(runner: Runner, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not runner.finished:
        runner.step()
