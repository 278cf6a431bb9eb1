"""Where the agents were published."""

MILLER_2019 = "Miller, DQN in 130 lines, dylanamiller.github.io"
TUTORIAL = "Part 7: Deep Q Learning, a tutorial on reinforcement learning"
