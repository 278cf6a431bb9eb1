"""The plugin of the conformance kit: the small run in which components are checked."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo.contracts import Algorithm
from rlzoo.contracts.hooks import hookimpl


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """A DQN that trains in a fraction of a second, with a buffer that wraps around."""
    small = Algorithm(
        "Small DQN for checking components",
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
