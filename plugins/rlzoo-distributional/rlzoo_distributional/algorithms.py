"""The algorithms, each a short diff of `dqn`."""

from rlzoo import Algorithm

C51 = Algorithm(
    "DQN that learns the distribution of returns, as chances of 101 fixed returns",
    like="dqn",
    components={"objective": "c51"},
    settings={
        "objective.atoms": 101,
        "objective.v_min": -100.0,
        "objective.v_max": 100.0,
        "optimizer.eps": 0.01 / 128,  # over the batch size, as the paper has it
    },
    reference="Bellemare, Dabney and Munos, A distributional perspective on reinforcement learning, ICML (2017); "
    "settings of CleanRL's c51.py (Huang et al., JMLR 23, 2022)",
)
