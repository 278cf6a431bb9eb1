"""The settings of rl-zoo3's `dqn`, which Stable-Baselines3 trains.

rlzoo explores by epsilon-greedy from the first step, where Stable-Baselines3 acts at random until learning starts.
"""

from __future__ import annotations

from rlzoo.contracts import Preset

REFERENCE = "rl-zoo3, hyperparams/dqn.yml (Raffin, 2020), trained by Stable-Baselines3 (Raffin et al., JMLR 22, 2021)"
_COMMON = {
    "network.hidden": (256, 256),
    "objective.loss": "huber",
    "optimizer.max_grad_norm": 10.0,
    "exploration.start": 1.0,
}
_SLOW = {
    "train.steps": 100_000,
    "train.batch_size": 128,
    "train.learning_starts": 0,
    "train.update_every": 4,
    "train.updates": 4,
    "buffer.capacity": 50_000,
    "exploration.end": 0.1,
    "exploration.fraction": 0.12,
    "target.period": 250,
    "objective.gamma": 0.99,
    "optimizer.lr": 6.3e-4,
}

CARTPOLE = Preset(
    "rl-zoo3's settings",
    settings=_COMMON
    | {
        "train.steps": 50_000,
        "train.batch_size": 64,
        "train.learning_starts": 1_000,
        "train.update_every": 256,
        "train.updates": 128,
        "buffer.capacity": 100_000,
        "exploration.end": 0.04,
        "exploration.fraction": 0.16,
        "target.period": 10,
        "objective.gamma": 0.99,
        "optimizer.lr": 2.3e-3,
    },
    reference=REFERENCE,
)

MOUNTAIN_CAR = Preset(
    "rl-zoo3's settings",
    settings=_COMMON
    | {
        "train.steps": 120_000,
        "train.batch_size": 128,
        "train.learning_starts": 1_000,
        "train.update_every": 16,
        "train.updates": 8,
        "buffer.capacity": 10_000,
        "exploration.end": 0.07,
        "exploration.fraction": 0.2,
        "target.period": 600,
        "objective.gamma": 0.98,
        "optimizer.lr": 4e-3,
    },
    reference=REFERENCE,
)

ACROBOT = Preset("rl-zoo3's settings", settings=_COMMON | _SLOW, reference=REFERENCE)
LUNAR_LANDER = Preset("rl-zoo3's settings", settings=_COMMON | _SLOW, reference=REFERENCE)
