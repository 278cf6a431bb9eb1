"""A run that is stopped and resumed gives the same bytes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import torch

from rlzoo.contracts import CheckpointTimes, Composition, Log
from rlzoo.contracts.errors import NotRepeatable
from rlzoo.results.checkpoints import CheckpointFolder, read_checkpoint
from rlzoo.testing.case import ENVS, SEEDS, Case, Outcome
from rlzoo.testing.state import plain_copy
from rlzoo.testing.verdict import RuleBroken, require
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

EVALUATION = 10
"""Vector steps between evaluations."""
SPOILT = SEEDS[1]
"""The seed whose lane is filled with NaN, so that it has diverged before the first stop."""


def check_resumed(case: Case) -> None:
    """Stopped twice, resumed apart and then together again, seeds have the same episodes, metrics and weights."""
    composition = _logging_often(case.composition(ENVS[-1]))
    for seeds in [SEEDS] if composition.lockstep else [[seed] for seed in SEEDS]:
        with one_thread(), TemporaryDirectory() as folder:
            expected, got = _Record(), _Record()
            expected.take(_begun(composition, seeds))
            _interrupted(composition, seeds, _stops(case), Path(folder), got)
            _compare(seeds, expected, got)


def _logging_often(composition: Composition) -> Composition:
    """The same run with more metrics, and with evaluations."""
    every = EVALUATION * composition.train.envs
    train = dataclasses.replace(composition.train, log_every=32, eval_every=every, eval_episodes=1, eval_max_steps=5)
    return dataclasses.replace(composition, train=train)


def _stops(case: Case) -> tuple[int, int]:
    """Vector steps after which the run is stopped, other ones for each component: anywhere, and at an evaluation."""
    random = Random(f"{case.slot} {case.name}")
    return random.randint(3, 17), EVALUATION * random.randint(2, 3)


class _Record:
    """All that the logs of a run say about each seed, and the final weights."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.weights: dict[int, Outcome] = {}

    def take(self, runner: Runner, checkpoints: CheckpointFolder | None = None) -> None:
        """Train until a checkpoint is due, or to the end, and write that."""
        for log in runner.run():
            self.logs.append(log)
            if log.checkpoints:
                runner.stop.request()
            if checkpoints is not None:
                for seed, checkpoint in log.checkpoints.items():
                    plain = plain_copy(checkpoint.state, "the state")
                    checkpoints.write(seed, dataclasses.replace(checkpoint, state=plain))
        self.weights |= {seed: Outcome([], weights) for seed, weights in runner.weights().items()}

    def of(self, seed: int) -> dict[str, list[str]]:
        """By name, what was logged about a seed."""
        mine = [log for log in self.logs if seed in log.seeds]
        return {
            "episodes": [repr(it) for log in mine for it in log.episodes if it.seed == seed],
            "evaluations": [repr(it) for log in mine for it in log.evaluations if it.seed == seed],
            "metrics": [repr((log.step, log.update, log.metrics[seed])) for log in mine if seed in log.metrics],
            "counts": [repr(mine[-1].counts[seed])],
        }


def _interrupted(
    composition: Composition, seeds: Sequence[int], stops: Sequence[int], path: Path, record: _Record
) -> None:
    """The run in three parts: to the first stop, to the second with a seed apart from the others, and to the end."""
    folder, times = CheckpointFolder(path), [[CheckpointTimes(None, stop * composition.train.envs)] for stop in stops]
    record.take(_begun(composition, seeds, times[0]), folder)
    for apart in filter(len, (seeds[:1], seeds[1:])):
        record.take(_resumed(composition, apart, folder, times[1]), folder)
    record.take(_resumed(composition, seeds, folder))


def _begun(composition: Composition, seeds: Sequence[int], times: Sequence[CheckpointTimes] = ()) -> Runner:
    runner = Runner(composition, seeds, torch.device("cpu"), checkpoints=times)
    runner.begin()
    if SPOILT in seeds:
        runner.learner.row[seeds.index(SPOILT)] = torch.nan
    return runner


def _resumed(
    composition: Composition, seeds: Sequence[int], folder: CheckpointFolder, times: Sequence[CheckpointTimes] = ()
) -> Runner:
    runner = Runner(composition, seeds, torch.device("cpu"), checkpoints=times)
    paths = [folder.newest(seed) for seed in seeds]
    try:
        runner.resume([read_checkpoint(path) for path in paths if path is not None])
    except NotRepeatable as error:
        raise RuleBroken(str(error)) from error
    return runner


def _compare(seeds: Sequence[int], expected: _Record, got: _Record) -> None:
    for seed in seeds:
        for name, rows in expected.of(seed).items():
            same = rows == got.of(seed)[name]
            require(same, f"a run that is stopped and resumed has other {name}: something is missing from `state()`")
        same = expected.weights[seed].same(got.weights[seed])
        require(same, "a run that is stopped and resumed has other weights: something is missing from `state()`")
