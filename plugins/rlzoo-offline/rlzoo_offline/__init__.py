"""Offline Q-learning for rlzoo: a buffer that reads Minari datasets, and conservative Q-learning."""

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_offline import papers


@hookimpl
def rlzoo_buffers() -> Mapping[str, str]:
    """Add `--buffer dataset`."""
    return {"dataset": "rlzoo_offline.dataset:Dataset"}


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Add `--objective cql`."""
    return {"cql": "rlzoo_offline.cql:CQL"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add conservative Q-learning, and Q-learning from the same data."""
    offline = {"train.learning_starts": 0, "train.update_every": 1, "train.eval_every": 5_000}
    return {
        "cql": Algorithm(
            "Conservative Q-learning from a dataset, set by buffer.path",
            like="dqn",
            components={"buffer": "dataset", "exploration": "greedy", "objective": "cql"},
            settings={**offline, "train.steps": 50_000},
            reference=papers.KUMAR_2020,
        ),
        "offline-dqn": Algorithm(
            "DQN from a dataset, set by buffer.path",
            like="cql",
            components={"objective": "q-learning"},
            settings={"objective.loss": "half-mse"},
            reference=papers.AGARWAL_2020,
        ),
    }
