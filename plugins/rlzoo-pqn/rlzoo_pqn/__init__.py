"""PQN for rlzoo: Q-learning without replay and target network, on Q(lambda) returns."""

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_pqn import papers


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Add `--objective q-lambda`."""
    return {"q-lambda": "rlzoo_pqn.q_lambda:QLambda"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add PQN with CleanRL's settings for classic control."""
    return {
        "pqn": Algorithm(
            "PQN: Q(lambda) on parallel environments, without replay and target network",
            environment="CartPole-v1",
            components={
                "buffer": "rollout",
                "network": "mlp",
                "exploration": "epsilon-greedy",
                "target": "none",
                "objective": "q-lambda",
                "optimizer": "radam",
            },
            settings={
                "train.steps": 500_000,
                "train.envs": 4,
                "train.update_every": 4 * 128,
                "train.batch_size": 128,
                "train.updates": 4 * 4,  # epochs of four minibatches
                "network.hidden": (120, 84),
                "network.layer_norm": True,
                "network.init": "orthogonal",
                "exploration.schedule": "linear",
                "exploration.start": 1.0,
                "exploration.end": 0.05,
                "exploration.fraction": 0.5,
                "objective.gamma": 0.99,
                "objective.q_lambda": 0.65,
                "objective.loss": "mse",
                "optimizer.lr": 2.5e-4,
                "optimizer.schedule": "linear",
                "optimizer.max_grad_norm": 10.0,
            },
            reference=f"{papers.GALLICI_2025}; settings of CleanRL's pqn.py (Huang et al., JMLR 23, 2022)",
        )
    }
