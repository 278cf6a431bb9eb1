"""References for recurrent Q-learning."""

BAKKER_2001 = "Bakker, Reinforcement learning with long short-term memory, NeurIPS 14 (2001)"
CHO_2014 = "Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP (2014)"
GALLICI_2025 = "Gallici et al., Simplifying deep temporal difference learning, ICLR (2025)"
HAUSKNECHT_2015 = (
    "Hausknecht and Stone, Deep recurrent Q-learning for partially observable MDPs, AAAI Fall Symposium (2015)"
)
HOCHREITER_1997 = "Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997)"
KAPTUROWSKI_2019 = "Kapturowski et al., Recurrent experience replay in distributed reinforcement learning, ICLR (2019)"
OSBAND_2020 = "Osband et al., Behaviour suite for reinforcement learning, ICLR (2020)"
