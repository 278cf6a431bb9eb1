"""References for the replay buffers."""

SCHAUL_2016 = "Schaul et al., Prioritized experience replay, ICLR (2016)"
ZHANG_2017 = "Zhang and Sutton, A deeper look at experience replay, arXiv 1712.01275 (2017)"
