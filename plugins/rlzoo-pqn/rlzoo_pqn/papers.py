"""References for PQN."""

GALLICI_2025 = "Gallici et al., Simplifying deep temporal difference learning, ICLR (2025)"
PENG_1996 = "Peng and Williams, Incremental multi-step Q-learning, Machine Learning 22 (1996)"
