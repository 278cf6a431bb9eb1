"""Replay for rlzoo that does not sample evenly, and the agents known for it."""

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_replay import papers


@hookimpl
def rlzoo_buffers() -> Mapping[str, str]:
    """Add `--buffer prioritized` and `--buffer combined`."""
    return {
        "combined": "rlzoo_replay.combined:Combined",
        "prioritized": "rlzoo_replay.prioritized:Prioritized",
    }


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add what DQN becomes with other transitions to learn from."""
    return {
        "prioritized-dqn": Algorithm(
            "DQN that replays transitions as often as their errors are large",
            like="dqn",
            components={"buffer": "prioritized"},
            reference=papers.SCHAUL_2016,
        ),
        "n-step-dqn": Algorithm(
            "DQN whose targets sum the rewards of three steps",
            like="dqn",
            settings={"train.n_step": 3},
            reference="Hessel et al., Rainbow: combining improvements in deep reinforcement learning, AAAI (2018)",
        ),
    }
