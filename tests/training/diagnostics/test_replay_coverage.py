"""Replay coverage, against a set of the transitions that were sampled."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlzoo.training.diagnostics import coverage as module
from rlzoo.training.diagnostics.coverage import Coverage

from support.tiny import make_runner

SETTINGS = {"train.steps": 96, "train.batch_size": 4, "train.learning_starts": 4, "train.update_every": 6}


@pytest.mark.parametrize(("buffer", "envs"), [("uniform", 1), ("uniform", 3), ("recent", 1)])
def test_it_is_the_share_of_what_was_sampled(buffer: str, envs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    settings = SETTINGS | {"train.envs": envs} | ({"buffer.capacity": 30} if buffer == "uniform" else {})
    runner = make_runner("dqn", settings, "Random", [4, 8], buffer=buffer)
    held = runner.parts.buffer
    coverage = Coverage(held, runner.clock, 2)
    sampled: list[set[int]] = [set(), set()]  # numbers of transitions, in the order in which they came
    shares = []
    sample = held.sample

    def spy(size: int | None):
        batch = sample(size)
        coverage.add(batch.index)
        for lane, ages in enumerate(held.age(batch.index).tolist()):
            sampled[lane] |= {runner.clock.steps - 1 - age for age in ages}
        return batch

    held.sample = spy  # type: ignore[method-assign]
    runner.begin()
    while not runner.finished:
        runner.step()
        if runner.clock.updates % 4:
            continue  # so that some batches are marked before they are asked for, and some places overwritten before
        oldest = runner.clock.steps - len(held)
        expected = [sum(number >= oldest for number in lane) / len(held) for lane in sampled]
        copy = Coverage(held, runner.clock, 2)
        copy.load_state(coverage.state())
        assert coverage.value().tolist() == copy.value().tolist() == expected
        shares.append(expected[0])
    assert min(shares) == 0
    assert 0.2 < max(shares) <= 1


def test_rollouts_and_datasets_have_none() -> None:
    runner = make_runner("dqn", SETTINGS, "Random", [4, 8], buffer="rollout")
    coverage = Coverage(runner.parts.buffer, runner.clock, 2)
    coverage.add(torch.full((2, 4), 10**6))
    assert np.isnan(coverage.value()).all()
