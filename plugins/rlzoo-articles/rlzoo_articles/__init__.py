"""The DQN agents of two tutorials, as their texts describe them and, where that differs, as their code runs."""

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_articles import algorithms


@hookimpl
def rlzoo_buffers() -> Mapping[str, str]:
    """Add `--buffer primed`."""
    return {"primed": "rlzoo_articles.primed:Primed"}


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Add `--objective stored-action` and `--objective averaged-q-learning`."""
    return {
        "averaged-q-learning": "rlzoo_articles.averaged_q_learning:AveragedQLearning",
        "stored-action": "rlzoo_articles.stored_action:StoredAction",
    }


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add the tutorials' agents."""
    return {
        "dqn-130": algorithms.DQN_130,
        "dqn-130-as-printed": algorithms.DQN_130_AS_PRINTED,
        "dqn-simple": algorithms.DQN_SIMPLE,
        "dqn-keras-rl": algorithms.DQN_KERAS_RL,
    }
