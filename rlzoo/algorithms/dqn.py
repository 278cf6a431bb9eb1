"""DQN with CleanRL's settings for classic control, and what differs from it in one component."""

from rlzoo.algorithms.algorithm import Algorithm

DQN = Algorithm(
    "DQN: uniform replay and a hard target network",
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
    reference="Mnih et al., Human-level control through deep reinforcement learning, Nature 518 (2015); "
    "settings of CleanRL's dqn.py (Huang et al., JMLR 23, 2022)",
)

NO_TARGET = Algorithm(
    "DQN that bootstraps from the network it trains",
    like="dqn",
    components={"target": "none"},
    reference="Mnih et al., Playing Atari with deep reinforcement learning, arXiv 1312.5602 (2013)",
)

SOFT = Algorithm(
    "DQN whose target network follows by Polyak averaging, each update",
    like="dqn",
    components={"target": "soft"},
    settings={"target.tau": 0.005, "target.unit": "updates"},
    reference="Lillicrap et al., Continuous control with deep reinforcement learning, arXiv 1509.02971 (2015)",
)

DOUBLE = Algorithm(
    "DQN in which the online network picks the next action and the target network values it",
    like="dqn",
    components={"objective": "double"},
    reference="van Hasselt, Guez and Silver, Deep reinforcement learning with double Q-learning, AAAI (2016)",
)

DUELING = Algorithm(
    "DQN whose network splits into a state value and advantages",
    like="dqn",
    settings={"network.dueling": True},
    reference="Wang et al., Dueling network architectures for deep reinforcement learning, ICML (2016)",
)
