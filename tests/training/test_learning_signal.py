"""What is learnt from may differ from what happened; what is recorded may not."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlzoo.training.runner import Runner

from support.tiny import make_runner


def stern(reward: np.ndarray, terminated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rewards of 1 at most, and an end at each that was 4 or more."""
    return np.clip(reward, -1, 1), terminated | (reward >= 4)


def counting(**settings: Any) -> Runner:
    """Episodes of five steps, whose rewards are 1, 2, 3, 4 and 5 and tenths of the action."""
    small = {"train.steps": 20, "buffer.capacity": 50, "train.learning_starts": 100}
    runner = make_runner("dqn", small | settings, "Counting", (0, 1))
    runner.environment.learning_signal = stern  # type: ignore[method-assign]
    return runner


def test_the_buffer_gets_the_learning_signal_and_episodes_the_recorded_rewards() -> None:
    runner = counting()
    episodes = [episode for log in runner.run() for episode in log.episodes]
    rows = runner.parts.buffer.state()["transitions"]
    held = rows.read(0, rows.first, rows.last)
    assert (held["reward"] == 1.0).all()
    time = held["observation"][..., 1] + 1
    assert np.array_equal(held["terminated"], time > 3)
    assert np.array_equal(held["truncated"], time == 5)
    assert len(episodes) == 8
    assert all(episode.length == 5 and episode.truncated and not episode.terminated for episode in episodes)
    assert all(15.0 <= episode.episode_return <= 16.0 for episode in episodes)


def test_evaluations_record_the_true_rewards() -> None:
    runner = counting(**{"train.eval_every": 20, "train.eval_episodes": 2})
    runner.evaluator.environment.learning_signal = stern  # type: ignore[union-attr, method-assign]
    played = [evaluation for log in runner.run() for evaluation in log.evaluations]
    assert len(played) == 4
    assert all(evaluation.episode_return >= 15.0 for evaluation in played)
