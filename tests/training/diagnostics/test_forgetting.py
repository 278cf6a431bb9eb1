"""The TD errors of a run's first batch, against the formula."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rlzoo.training.diagnostics.diagnostics import ROWS
from rlzoo.training.diagnostics.forgetting import FirstBatch

from support.tiny import make_runner

SETTINGS = {
    "train.steps": 120,
    "train.learning_starts": 10,
    "train.batch_size": 8,
    "train.n_step": 2,
    "train.log_every": 20,
    "train.diagnose": True,
    "buffer.capacity": 20,  # all of the first batch has been overwritten
}


def test_early_errors_are_those_of_the_first_batch() -> None:
    runner = make_runner("dqn", SETTINGS, "Random", [4, 8])
    batches: list[Any] = []
    sample = runner.parts.buffer.sample
    runner.parts.buffer.sample = lambda size: batches.append(sample(size)) or batches[-1]  # type: ignore
    rows = [log.metrics for log in runner.run() if log.metrics]
    learner, first = runner.learner, batches[0]
    with torch.no_grad():
        ahead = learner.predict(learner.target, first.next_observation).amax(-1)
        q = learner.predict(learner.online, first.observation)
    goal = first.reward + first.discount * ahead * ~first.terminated
    errors = (goal - q.gather(-1, first.action[..., None])[..., 0]).abs().mean(-1)
    assert len(rows) == ROWS + 1
    got = [row["early_td_error"] for row in rows[-1].values()]
    assert got == pytest.approx(errors.tolist(), rel=1e-5)


def test_only_the_first_batch_is_kept_and_restored() -> None:
    runner = make_runner("dqn", SETTINGS, "Random", [4, 8])
    for _ in runner.run():
        pass
    first, copy, empty = FirstBatch(), FirstBatch(), FirstBatch()
    empty.load_state(first.state())
    assert empty.batch is None
    batches = [runner.parts.buffer.sample(5) for _ in range(2)]
    for batch in batches:
        first.see(batch)
    copy.load_state(first.state())
    assert first.batch is not None
    assert copy.batch is not None
    for name in ("observation", "action", "reward", "next_observation", "discount", "terminated", "weight", "index"):
        expected = getattr(batches[0], name)
        torch.testing.assert_close(getattr(first.batch, name), expected)
        torch.testing.assert_close(getattr(copy.batch, name), expected)
