"""DQN with CleanRL's settings for classic control, and variants that differ in one component."""

from rlzoo.contracts import Algorithm
from rlzoo.registry import papers

DQN = Algorithm(
    "DQN with uniform replay and a hard target network",
    environment="CartPole-v1",
    components={
        "buffer": "uniform",
        "network": "mlp",
        "exploration": "epsilon-greedy",
        "target": "hard",
        "objective": "q-learning",
        "optimizer": "adam",
    },
    settings={
        "train.steps": 500_000,
        "train.batch_size": 128,
        "train.learning_starts": 10_000,
        "train.update_every": 10,
        "buffer.capacity": 10_000,
        "network.hidden": (120, 84),
        "network.activation": "relu",
        "exploration.schedule": "linear",
        "exploration.start": 1.0,
        "exploration.end": 0.05,
        "exploration.fraction": 0.5,
        "target.period": 500,
        "target.unit": "steps",
        "objective.gamma": 0.99,
        "objective.loss": "mse",
        "optimizer.lr": 2.5e-4,
        "optimizer.eps": 1e-8,
    },
    reference=f"{papers.MNIH_2015}; settings of CleanRL's dqn.py (Huang et al., JMLR 23, 2022)",
)

NO_TARGET = Algorithm(
    "DQN without a target network",
    like="dqn",
    components={"target": "none"},
    reference=papers.MNIH_2013,
)

SOFT = Algorithm(
    "DQN with a soft target network (Polyak averaging)",
    like="dqn",
    components={"target": "soft"},
    settings={"target.tau": 0.005, "target.unit": "updates"},
    reference=papers.LILLICRAP_2015,
)

DOUBLE = Algorithm(
    "Double DQN: the online network selects the next action, the target network evaluates it",
    like="dqn",
    components={"objective": "double"},
    reference=papers.HASSELT_2016,
)

DUELING = Algorithm(
    "Dueling DQN: the network splits into streams for state value and advantages",
    like="dqn",
    settings={"network.dueling": True},
    reference=papers.WANG_2016,
)
