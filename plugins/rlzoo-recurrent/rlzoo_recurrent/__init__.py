"""Recurrent Q-learning for rlzoo: DRQN, R2D2 and PQN with a GRU or an LSTM, and tasks that need memory."""

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_recurrent import papers


@hookimpl
def rlzoo_q_networks() -> Mapping[str, str]:
    """Add `--network gru` and `--network lstm`."""
    return {"gru": "rlzoo_recurrent.networks:GRU", "lstm": "rlzoo_recurrent.networks:LSTM"}


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Add `--objective recurrent-q`."""
    return {"recurrent-q": "rlzoo_recurrent.recurrent_q:RecurrentQ"}


@hookimpl
def rlzoo_environments() -> Mapping[str, str]:
    """Add `--env memory/t-maze`, `memory/chain` and `memory/cart-pole`."""
    return {"memory": "rlzoo_recurrent.tasks:Memory"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add DRQN, R2D2 and PQN with memory, in sizes for small tasks."""
    return {
        "drqn": Algorithm(
            "DQN with an LSTM, on sequences that begin with an empty memory",
            like="dqn",
            environment="memory/chain",
            components={"network": "lstm", "objective": "recurrent-q"},
            settings={
                "train.steps": 50_000,
                "train.batch_size": 16,
                "train.learning_starts": 1_000,
                "network.hidden": (32,),
                "network.units": 32,
                "objective.length": 20,  # published: 10, which would not span the chain
                "objective.start": "zero",
                "objective.double": False,
                "optimizer.lr": 1e-3,
            },
            reference=papers.HAUSKNECHT_2015,
        ),
        "r2d2": Algorithm(
            "R2D2 on one machine: stored states, burn-in, rescaled values, prioritized sequences",
            like="dqn",
            environment="memory/chain",
            components={"network": "lstm", "objective": "recurrent-q", "buffer": "prioritized"},
            settings={
                "train.steps": 50_000,
                "train.batch_size": 16,
                "train.learning_starts": 1_000,
                "train.n_step": 5,
                "network.hidden": (32,),
                "network.units": 32,
                "network.dueling": True,
                "objective.gamma": 0.997,
                "objective.length": 20,  # published: 80, after a burn-in of 40
                "objective.burn_in": 5,
                "objective.start": "stored",
                "objective.double": True,
                "objective.rescale": 1e-3,
                "objective.eta": 0.9,
                "buffer.alpha": 0.9,
                "buffer.beta": 0.6,
                "buffer.beta_end": 0.6,
                "optimizer.lr": 1e-3,
            },
            reference=papers.KAPTUROWSKI_2019,
        ),
        "pqn-rnn": Algorithm(
            "PQN with an LSTM, unrolled over the rollout of each environment",
            like="pqn",
            environment="memory/chain",
            components={"network": "lstm", "objective": "recurrent-q"},
            settings={
                "train.steps": 50_000,
                "train.envs": 16,
                "train.batch_size": 4,  # of the environments, in each of the four minibatches of an epoch
                "network.hidden": (32,),
                "network.units": 32,
                "network.layer_norm": True,
                "objective.length": 32,  # the whole rollout of an environment
                "objective.double": False,
                "objective.q_lambda": 0.95,
                "optimizer.lr": 1e-3,
            },
            reference=papers.GALLICI_2025,
        ),
    }
