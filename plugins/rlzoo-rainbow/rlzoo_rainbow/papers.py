"""References for the algorithms and the network."""

CLARK_2025 = (
    "Clark et al., Beyond the Rainbow: high performance deep reinforcement learning on a desktop PC, ICML (2025)"
)
ESPEHOLT_2018 = (
    "Espeholt et al., IMPALA: scalable distributed deep-RL with importance weighted actor-learner architectures, ICML "
    "(2018)"
)
HESSEL_2018 = "Hessel et al., Rainbow: combining improvements in deep reinforcement learning, AAAI (2018)"
MIYATO_2018 = "Miyato et al., Spectral normalization for generative adversarial networks, ICLR (2018)"
