"""Tabular algorithms: one entry per state and action, one update per step, no replay."""

from rlzoo.contracts import Algorithm
from rlzoo.registry import papers

Q_LEARNING = Algorithm(
    "Tabular Q-learning, for discrete observations",
    environment="FrozenLake-v1",
    components={
        "buffer": "online",
        "network": "table",
        "exploration": "epsilon-greedy",
        "target": "none",
        "objective": "q-learning",
        "optimizer": "sgd",
    },
    settings={
        "train.steps": 100_000,
        "exploration.schedule": "constant",
        "exploration.start": 0.1,
        "objective.gamma": 0.99,
        "objective.loss": "half-mse",  # so that one step of SGD is Q += lr * td_error
        "optimizer.lr": 0.1,
    },
    reference=papers.WATKINS_1989,
)

SARSA = Algorithm(
    "Tabular Sarsa: bootstraps from the next action taken",
    like="q-learning",
    environment="CliffWalking-v1",
    components={"objective": "sarsa"},
    settings={"objective.gamma": 0.99, "objective.loss": "half-mse"},
    reference=papers.RUMMERY_1994,
)
