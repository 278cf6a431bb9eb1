"""Non-uniform replay for rlzoo: prioritized and combined experience replay, and multi-step DQN."""

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
    """Add DQN with prioritized replay, and DQN with multi-step returns."""
    return {
        "prioritized-dqn": Algorithm(
            "DQN with prioritized experience replay",
            like="dqn",
            components={"buffer": "prioritized"},
            reference=papers.SCHAUL_2016,
        ),
        "n-step-dqn": Algorithm(
            "DQN with three-step returns",
            like="dqn",
            settings={"train.n_step": 3},
            reference="Hessel et al., Rainbow: combining improvements in deep reinforcement learning, AAAI (2018)",
        ),
    }
