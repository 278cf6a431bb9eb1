"""The tutorials' agents: named compositions, as described and, where that differs, as their code runs."""

from rlzoo import Algorithm
from rlzoo_articles import papers

DQN_130 = Algorithm(
    '"DQN in 130 lines": one update per episode, towards the next action stored with the transition',
    environment="CartPole-v0",
    components={
        "buffer": "primed",
        "network": "mlp",
        "exploration": "epsilon-greedy",
        "target": "hard",
        "objective": "stored-action",
        "optimizer": "adam",
    },
    settings={
        "environment.max_episode_steps": 500,  # its loop's own limit; CartPole-v0 ends after 200 by itself
        "train.episodes": 250,
        "train.batch_size": 128,
        "train.update_every": 1,
        "train.update_unit": "episodes",
        "buffer.capacity": 10_000,
        "buffer.prime": 128,
        "buffer.evict": "oldest",
        "network.hidden": (128, 128),
        "network.activation": "relu",
        "exploration.schedule": "inverse",
        "exploration.start": 0.3,
        "target.period": 200,
        "target.unit": "episodes",
        "objective.gamma": 0.9,
        "objective.loss": "huber",
        "optimizer.lr": 1e-4,
    },
    reference=papers.MILLER_2019,
)

DQN_130_AS_PRINTED = Algorithm(
    '"DQN in 130 lines" as its code runs: gamma 0.3, terminal states not masked, the newest entry evicted',
    like="dqn-130",
    settings={"buffer.evict": "newest", "objective.gamma": 0.3, "objective.mask_terminated": False},
    reference=papers.MILLER_2019,
)

DQN_SIMPLE = Algorithm(
    "The hand-written Keras agent of a tutorial: an update every step, no target network",
    environment="CartPole-v0",
    components={
        "buffer": "uniform",
        "network": "mlp",
        "exploration": "epsilon-greedy",
        "target": "none",
        "objective": "averaged-q-learning",
        "optimizer": "adam",
    },
    settings={
        "environment.max_episode_steps": 200,
        "train.episodes": 500,
        "train.batch_size": 64,
        "buffer.capacity": 100_000,
        "buffer.replacement": False,
        "network.hidden": (24, 48),
        "network.activation": "tanh",
        "exploration.schedule": "exponential",
        "exploration.start": 1.0,
        "exploration.end": 0.01,
        "exploration.decay": 0.995,
        "objective.gamma": 0.95,
        "objective.loss": "mse",
        "optimizer.lr": 0.01,
        "optimizer.eps": 1e-7,  # Keras's default
        "optimizer.schedule": "inverse-time",
        "optimizer.decay": 0.001,
    },
    reference=f"{papers.TUTORIAL}: its hand-written agent",
)

DQN_KERAS_RL = Algorithm(
    "The keras-rl agent of the same tutorial: double Q-learning, a soft target, an update every step",
    environment="CartPole-v0",
    components={
        "buffer": "uniform",
        "network": "mlp",
        "exploration": "epsilon-greedy",
        "target": "soft",
        "objective": "double",
        "optimizer": "adam",
    },
    settings={
        "train.steps": 50_000,
        "train.batch_size": 32,
        "train.learning_starts": 10,
        "buffer.capacity": 50_000,
        "network.hidden": (16,),
        "network.activation": "relu",
        "exploration.schedule": "constant",
        "exploration.start": 0.1,
        "target.tau": 0.01,
        "target.unit": "steps",
        "objective.gamma": 0.99,
        "objective.loss": "half-mse",
        "optimizer.lr": 1e-3,
        "optimizer.eps": 1e-7,  # Keras's default
    },
    reference=f"{papers.TUTORIAL}: its agent from keras-rl (Plappert, 2016)",
)
