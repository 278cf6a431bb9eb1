"""Continuous actions for rlzoo: NAF and DDPG, with Ornstein-Uhlenbeck and Gaussian noise."""

from collections.abc import Mapping

from rlzoo import Algorithm, hookimpl
from rlzoo_continuous import papers


@hookimpl
def rlzoo_q_networks() -> Mapping[str, str]:
    """Add `--network actor-critic` and `--network naf`."""
    return {
        "actor-critic": "rlzoo_continuous.actor_critic:ActorCriticNetwork",
        "naf": "rlzoo_continuous.naf_network:NAFNetwork",
    }


@hookimpl
def rlzoo_exploration_policies() -> Mapping[str, str]:
    """Add `--exploration gaussian` and `ornstein-uhlenbeck`."""
    return {
        "gaussian": "rlzoo_continuous.noise:Gaussian",
        "ornstein-uhlenbeck": "rlzoo_continuous.noise:OrnsteinUhlenbeck",
    }


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Add `--objective ddpg` and `--objective naf`."""
    return {"ddpg": "rlzoo_continuous.ddpg:DDPG", "naf": "rlzoo_continuous.naf:NAF"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add NAF and DDPG with the settings of keras-rl's examples for Pendulum."""
    return {
        "naf": Algorithm(
            "NAF: Q-learning with continuous actions, by a Q function that is quadratic in the action",
            environment="Pendulum-v1",
            components={
                "buffer": "uniform",
                "network": "naf",
                "exploration": "ornstein-uhlenbeck",
                "target": "soft",
                "objective": "naf",
                "optimizer": "adam",
            },
            settings={
                "train.steps": 50_000,
                "train.batch_size": 32,
                "train.learning_starts": 100,
                "train.update_every": 1,
                "buffer.capacity": 100_000,
                "network.hidden": (16, 16, 16),
                "network.matrix_hidden": (32, 32, 32),
                "exploration.theta": 0.15,
                "exploration.sigma": 0.3,
                "exploration.dt": 0.01,
                "target.tau": 1e-3,
                "objective.gamma": 0.99,
                "objective.loss": "half-mse",
                "objective.reward_scale": 0.01,
                "optimizer.lr": 1e-3,
                "optimizer.max_grad_norm": 1.0,
            },
            reference=f"{papers.GU_2016}; settings of keras-rl's naf_pendulum.py (Plappert, 2016)",
        ),
        "ddpg": Algorithm(
            "DDPG: an actor for continuous actions, trained by the Q function of a critic",
            like="naf",
            components={"network": "actor-critic", "objective": "ddpg"},
            settings={
                "network.hidden": (16, 16, 16),
                "network.critic_hidden": (32, 32, 32),
                "objective.gamma": 0.99,
                "objective.loss": "half-mse",
            },
            reference=f"{papers.LILLICRAP_2016}; settings of keras-rl's ddpg_pendulum.py (Plappert, 2016)",
        ),
    }
