"""MinAtar: five miniature Atari games on a 10x10 grid, the DQN of the MinAtar paper, and PQN."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo import Algorithm, Preset, hookimpl

DQN_MINATAR = Algorithm(
    "DQN of the MinAtar paper: one convolution, centred RMSProp, one update per frame",
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
        "exploration.steps": 105_000,  # the paper: 100,000 frames, counted from the first update
        "target.period": 1_000,
        "target.unit": "updates",
        "objective.gamma": 0.99,
        "objective.loss": "huber",
        "optimizer.lr": 0.00025,
        "optimizer.decay_rate": 0.95,
        "optimizer.eps": 0.01,
        "optimizer.eps_place": "outside",  # as in PyTorch, which the paper's code uses
        "optimizer.centered": True,
    },
    reference="Young and Tian, MinAtar: an Atari-inspired testbed for thorough and reproducible reinforcement learning "
    "experiments, arXiv 1903.03176 (2019), and its examples/dqn.py",
)

ENVS, STEPS, MINIBATCHES, EPOCHS = 128, 32, 32, 2
PQN_MINATAR = Algorithm(
    "PQN for MinAtar, with the settings of its authors",
    like="pqn",
    environment="minatar/breakout",
    components={"network": "cnn"},
    settings={
        "train.steps": 10_000_000,
        "train.envs": ENVS,
        "train.update_every": ENVS * STEPS,
        "train.batch_size": ENVS * STEPS // MINIBATCHES,
        "train.updates": MINIBATCHES * EPOCHS,
        "network.preset": "minatar",
        "network.layer_norm": True,
        "network.init": "orthogonal",  # with the scale of He et al. (2015), which the authors use
        "exploration.fraction": 0.1,
        "objective.loss": "half-mse",
        "optimizer.lr": 5e-4,
    },
    reference="Gallici et al., Simplifying deep temporal difference learning, ICLR (2025), and the pqn_minatar.py of "
    "their purejaxql",
)

GAMES = ("asterix", "breakout", "freeway", "seaquest", "space_invaders")
PUBLISHED = Preset(
    "The settings of the MinAtar paper, those of `dqn-minatar`",
    DQN_MINATAR.components,
    DQN_MINATAR.settings,
    DQN_MINATAR.reference,
    results="see docs/minatar.md: Breakout and Freeway learn as published in the first 7% of the frames",
)


@hookimpl
def rlzoo_environments() -> Mapping[str, str]:
    """Add `--env minatar/GAME`."""
    return {"minatar": "rlzoo_minatar.games:MinAtar"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add the agent of the paper, and PQN."""
    return {"dqn-minatar": DQN_MINATAR, "pqn-minatar": PQN_MINATAR}


@hookimpl
def rlzoo_presets() -> Mapping[str, Preset]:
    """Add its settings as a preset of `dqn` for each game."""
    return {f"dqn/minatar/{game}/paper": PUBLISHED for game in GAMES}
