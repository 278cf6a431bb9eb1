"""Beyond the Rainbow and its ablations; docs/atari.md says which settings could not be verified."""

from collections.abc import Mapping

from rlzoo import Algorithm
from rlzoo_rainbow.papers import CLARK_2025

ENVS, BATCH = 64, 256

BTR = Algorithm(
    "Beyond the Rainbow: Impala network, IQN with Munchausen, prioritized three-step replay, noise, 64 environments",
    environment="ALE/Breakout-v5",
    components={
        "buffer": "prioritized",
        "network": "btr",
        "exploration": "epsilon-greedy",  # beside the noise
        "target": "hard",
        "objective": "iqn",
        "optimizer": "adam",
    },
    settings={
        "train.steps": 50_000_000,  # 200 million frames
        "train.envs": ENVS,
        "train.update_every": ENVS,  # one update per vector step
        "train.batch_size": BATCH,
        "train.learning_starts": 200_000,
        "train.n_step": 3,
        "buffer.capacity": 2**20,
        "buffer.alpha": 0.2,
        "buffer.beta": 0.45,
        "buffer.beta_end": 0.45,
        "exploration.schedule": "linear",
        "exploration.end": 0.01,
        "exploration.steps": 2_000_000,  # 8 million frames
        "target.period": 500,
        "target.unit": "updates",
        "objective.gamma": 0.997,
        "objective.policy": "munchausen",
        "objective.fractions": 8,
        "objective.target_fractions": 8,
        "objective.acting_fractions": 8,
        "optimizer.lr": 1e-4,
        "optimizer.eps": 0.005 / BATCH,
        "optimizer.max_grad_norm": 10.0,
    },
    reference=CLARK_2025,
)

BTR_MINATAR = Algorithm(
    "Beyond the Rainbow for MinAtar: one convolution of 16 filters and 128 hidden units, a smaller replay",
    like="btr",
    environment="minatar/breakout",
    settings={
        "train.steps": 5_000_000,
        "train.learning_starts": 5_000,
        "buffer.capacity": 100_000,
        "network.convolutions": "minatar",
        "exploration.steps": 100_000,
    },
    reference=CLARK_2025,
)


def without(part: str, components: Mapping[str, str] | None = None, **settings: object) -> Algorithm:
    """BTR without one of its parts; a double underscore in the names of `settings` stands for a dot."""
    changed = {name.replace("__", "."): value for name, value in settings.items()}
    return Algorithm(f"Beyond the Rainbow without {part}", "btr", None, components or {}, changed, CLARK_2025)


ALGORITHMS = {
    "btr": BTR,
    "btr-minatar": BTR_MINATAR,
    "btr-no-impala": without("the Impala network", network__convolutions="nature"),
    "btr-no-spectral": without("spectral normalization", network__spectral=False),
    "btr-no-pooling": without("adaptive max pooling", network__pool=0),
    "btr-no-iqn": without(
        "quantiles",
        {"objective": "munchausen"},
        network__quantiles=False,
        objective__gamma=0.997,
        objective__loss="huber",
    ),
    "btr-no-munchausen": without("Munchausen", objective__policy="greedy"),
    "btr-no-priority": without("prioritized replay", {"buffer": "uniform"}, buffer__capacity=2**20),
    "btr-no-n-step": without("multi-step returns", train__n_step=1),
    "btr-no-dueling": without("the dueling architecture", network__dueling=False),
    "btr-no-noise": without("noisy layers", network__sigma=None),
    "btr-no-vectorization": without("parallel environments", train__envs=1),
}
