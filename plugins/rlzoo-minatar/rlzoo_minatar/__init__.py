"""MinAtar: five Atari games on ten by ten cells, and the DQN they were published with."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl

DQN_MINATAR = Algorithm(
    "DQN for MinAtar's games: one convolution, centred RMSProp, an update every frame",
    environment="minatar/breakout",
    components={
        "buffer": "uniform",
        "network": "cnn",
        "exploration": "epsilon-greedy",
        "target": "hard",
        "objective": "q-learning",
        "optimizer": "rmsprop",
    },
    settings={
        "train.steps": 5_000_000,
        "train.batch_size": 32,
        "train.learning_starts": 5_000,
        "train.update_every": 1,
        "buffer.capacity": 100_000,
        "buffer.replacement": False,
        "network.preset": "minatar",
        "exploration.schedule": "linear",
        "exploration.start": 1.0,
        "exploration.end": 0.1,
        "exploration.steps": 105_000,  # theirs shrinks over 100,000 frames, from the first update on
        "target.period": 1_000,
        "target.unit": "updates",
        "objective.gamma": 0.99,
        "objective.loss": "huber",
        "optimizer.lr": 0.00025,
        "optimizer.decay_rate": 0.95,
        "optimizer.eps": 0.01,
        "optimizer.eps_place": "outside",  # as torch has it, which their code uses
        "optimizer.centered": True,
    },
    reference="Young and Tian, MinAtar: an Atari-inspired testbed for thorough and reproducible reinforcement learning "
    "experiments, arXiv 1903.03176 (2019), and its examples/dqn.py",
)


@hookimpl
def rlzoo_environments() -> Mapping[str, str]:
    """Add `--env minatar/GAME`."""
    return {"minatar": "rlzoo_minatar.games:MinAtar"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add the paper's agent."""
    return {"dqn-minatar": DQN_MINATAR}
