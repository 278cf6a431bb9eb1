"""References for continuous actions."""

GU_2016 = "Gu et al., Continuous deep Q-learning with model-based acceleration, ICML (2016)"
KERAS_RL = "Plappert, keras-rl (2016), github.com/keras-rl/keras-rl"
LILLICRAP_2016 = "Lillicrap et al., Continuous control with deep reinforcement learning, ICLR (2016)"
UHLENBECK_1930 = "Uhlenbeck and Ornstein, On the theory of the Brownian motion, Physical Review 36 (1930)"
