"""Where the components were published."""

AGARWAL_2020 = "Agarwal et al., An optimistic perspective on offline reinforcement learning, ICML (2020)"
KUMAR_2020 = "Kumar et al., Conservative Q-learning for offline reinforcement learning, NeurIPS (2020)"
YOUNIS_2024 = "Younis et al., Minari, Farama Foundation (2024), for the format"
