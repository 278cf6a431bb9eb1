"""The published agents. A step is one action, which lasts four frames; an update is one batch.

Every setting names its source: [13] Mnih et al., Playing Atari with deep reinforcement learning, arXiv 1312.5602
(2013). [15] Mnih et al., Human-level control through deep reinforcement learning, Nature 518 (2015), its extended data
table 1, and [15c] the code published with it. [18] Hessel et al., Rainbow: combining improvements in deep reinforcement
learning, AAAI (2018), its tables 1 and 4.
"""

from rlzoo import Algorithm

BATCH = 32

DQN_NATURE = Algorithm(
    "The DQN of 2015 for Atari: three convolutions, a target network, clipped errors",
    environment="atari/Breakout",
    components={
        "buffer": "uniform",
        "network": "cnn",
        "exploration": "epsilon-greedy",
        "target": "hard",
        "objective": "q-learning",
        "optimizer": "rmsprop",
    },
    settings={
        "train.steps": 50_000_000,  # [15]: 50 million "frames", 38 days of play, so each is four emulator frames
        "train.batch_size": BATCH,  # [15]: minibatch size
        "train.learning_starts": 50_000,  # [15]: replay start size
        "train.update_every": 4,  # [15]: update frequency, in actions
        "buffer.capacity": 1_000_000,  # [15]: replay memory size
        "network.preset": "nature",  # [15]: model architecture
        "exploration.schedule": "linear",
        "exploration.start": 1.0,  # [15]: initial exploration
        "exploration.end": 0.1,  # [15]: final exploration
        "exploration.steps": 1_000_000,  # [15]: final exploration frame; [15c] counts actions
        "target.period": 10_000,  # [15]: target network update frequency
        "target.unit": "updates",  # [15]: "in the number of parameter updates"; [15c] counts actions
        "objective.gamma": 0.99,  # [15]: discount factor
        "objective.loss": "huber",  # [15]: errors clipped to -1 and 1
        "objective.delta": 1.0,
        "optimizer.lr": 0.00025,  # [15]: learning rate
        "optimizer.decay_rate": 0.95,  # [15]: gradient momentum and squared gradient momentum, both decay rates
        "optimizer.centered": True,  # [15c] subtracts the squared mean
        "optimizer.eps_place": "inside",  # [15c]
        # [15]: min squared gradient, 0.01. [15c] sums gradients over the batch, rlzoo averages them. This eps gives the
        # same steps: g / sqrt(var(g) + e / B^2) = B g / sqrt(var(B g) + e).
        "optimizer.eps": 0.01 / BATCH**2,
        "optimizer.momentum": 0.0,  # [15c]
    },
    reference="Mnih et al., Human-level control through deep reinforcement learning, Nature 518 (2015)",
)

DQN_2013 = Algorithm(
    "The DQN of 2013 for Atari: two convolutions, no target network; unpublished settings as in 2015",
    like="dqn-nature",
    components={"target": "none"},  # [13]: algorithm 1
    settings={
        "train.steps": 10_000_000,  # [13], 5: "10 million frames", counted as agent steps
        "train.update_every": 1,  # [13]: algorithm 1 updates in every step
        "network.preset": "2013",  # [13], 4.1
        "objective.loss": "half-mse",  # [13]: equation 3
    },
    reference="Mnih et al., Playing Atari with deep reinforcement learning, arXiv 1312.5602 (2013)",
)

RAINBOW_ATARI = Algorithm(
    "Rainbow for Atari, with the settings of the paper",
    like="rainbow",
    environment="atari/Breakout",
    components={"network": "noisy-cnn"},
    settings={
        "train.steps": 50_000_000,  # [18]: 200 million frames
        "train.batch_size": 32,  # [18], table 4: minibatch size
        "train.learning_starts": 20_000,  # [18], table 1: 80,000 frames
        "train.update_every": 4,  # [18], table 4: replay period, in agent steps
        "buffer.capacity": 1_000_000,  # [18], table 4
        "network.dueling": True,
        "target.period": 8_000,  # [18], table 1: 32,000 frames
        "target.unit": "steps",
        "objective.atoms": 51,  # [18], table 1
        "objective.v_min": -10.0,  # [18], table 1
        "objective.v_max": 10.0,
        "optimizer.lr": 6.25e-5,  # [18], table 1
        "optimizer.eps": 1.5e-4,  # [18], table 1
    },
    reference="Hessel et al., Rainbow: combining improvements in deep reinforcement learning, AAAI (2018)",
)
