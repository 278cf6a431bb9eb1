"""The kit's own plugin: the small run in which components are checked."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo.contracts import Algorithm
from rlzoo.contracts.hooks import hookimpl


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """DQN, small enough to train in a blink, with a buffer that wraps around."""
    small = Algorithm(
        "DQN in small, to check components in",
        like="dqn",
        environment="rlzoo-probe/vector-v0",
        settings={
            "train.steps": 160,
            "train.batch_size": 8,
            "train.learning_starts": 20,
            "train.update_every": 4,
            "train.log_every": 50,
            "buffer.capacity": 50,
            "network.hidden": (8,),
            "target.period": 50,
            "optimizer.lr": 0.01,
        },
    )
    return {"conformance": small}
