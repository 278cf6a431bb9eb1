"""The distributions of the project, and the names each package adds, known also where it is not installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DISTRIBUTION = "rlzoo-lanes"
"""What pip calls rlzoo: `rlzoo` on PyPI is another project."""

INSTALL_ALL = "pip install . ./plugins/*"
"""Installs rlzoo and all its packages, from a checkout."""


@dataclass(frozen=True)
class Package:
    """A package of the project: its distribution, and the names it adds by kind."""

    name: str
    adds: Mapping[str, tuple[str, ...]]


PACKAGES = (
    Package(
        "rlzoo-articles",
        {
            "buffer": ("primed",),
            "objective": ("averaged-q-learning", "stored-action"),
            "algorithm": ("dqn-130", "dqn-130-as-printed", "dqn-keras-rl", "dqn-simple"),
        },
    ),
    Package(
        "rlzoo-atari",
        {"environment": ("ALE", "atari"), "algorithm": ("dqn-2013", "dqn-nature", "rainbow-atari")},
    ),
    Package(
        "rlzoo-continuous",
        {
            "network": ("actor-critic", "naf"),
            "exploration": ("gaussian", "ornstein-uhlenbeck"),
            "objective": ("ddpg", "naf"),
            "algorithm": ("ddpg", "naf"),
        },
    ),
    Package(
        "rlzoo-distributional",
        {
            "network": ("iqn", "iqn-cnn"),
            "objective": ("c51", "hl-gauss", "iqn", "munchausen", "qr-dqn", "two-hot"),
            "algorithm": ("c51", "hl-gauss", "iqn", "munchausen-dqn", "qr-dqn", "two-hot"),
        },
    ),
    Package("rlzoo-envpool", {"environment": ("envpool",)}),
    Package(
        "rlzoo-exploration",
        {
            "network": ("noisy-cnn", "noisy-mlp"),
            "exploration": ("boltzmann-gumbel", "ez-greedy", "one-head", "ucb"),
            "objective": ("bootstrapped",),
            "algorithm": ("bootstrapped-dqn", "dqn-ez-greedy", "noisy-dqn"),
        },
    ),
    Package("rlzoo-loggers", {"observer": ("tensorboard", "wandb")}),
    Package(
        "rlzoo-minatar",
        {
            "environment": ("minatar",),
            "algorithm": ("dqn-minatar", "pqn-minatar"),
            "preset": tuple(
                f"dqn/minatar/{game}/paper" for game in ("asterix", "breakout", "freeway", "seaquest", "space_invaders")
            ),
        },
    ),
    Package(
        "rlzoo-offline",
        {"buffer": ("dataset",), "objective": ("cql",), "algorithm": ("cql", "offline-dqn")},
    ),
    Package(
        "rlzoo-plasticity",
        {"intervention": ("redo", "reset-last-layers", "shrink-and-perturb"), "objective": ("chain",)},
    ),
    Package("rlzoo-pqn", {"objective": ("q-lambda",), "algorithm": ("pqn",)}),
    Package(
        "rlzoo-rainbow",
        {
            "network": ("btr",),
            "algorithm": (
                "btr",
                "btr-minatar",
                "btr-no-dueling",
                "btr-no-impala",
                "btr-no-iqn",
                "btr-no-munchausen",
                "btr-no-n-step",
                "btr-no-noise",
                "btr-no-pooling",
                "btr-no-priority",
                "btr-no-spectral",
                "btr-no-vectorization",
                "rainbow",
                "rainbow-no-distribution",
                "rainbow-no-double",
                "rainbow-no-dueling",
                "rainbow-no-n-step",
                "rainbow-no-noise",
                "rainbow-no-priority",
            ),
        },
    ),
    Package(
        "rlzoo-recurrent",
        {
            "network": ("gru", "lstm"),
            "objective": ("recurrent-q",),
            "environment": ("memory",),
            "algorithm": ("drqn", "pqn-rnn", "r2d2"),
        },
    ),
    Package(
        "rlzoo-replay",
        {"buffer": ("combined", "prioritized"), "algorithm": ("n-step-dqn", "prioritized-dqn")},
    ),
)


def package_with(kind: str, name: str) -> Package | None:
    """Return the package that adds a name, or None."""
    return next((package for package in PACKAGES if name in package.adds.get(kind, ())), None)
