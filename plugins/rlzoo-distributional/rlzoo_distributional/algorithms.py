"""The algorithms, each a short diff of `dqn`."""

from rlzoo import Algorithm
from rlzoo_distributional import papers

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
    reference=f"{papers.BELLEMARE_2017}; settings of CleanRL's c51.py (Huang et al., JMLR 23, 2022)",
)

QR_DQN = Algorithm(
    "DQN that learns the distribution of returns, as 51 of its quantiles",
    like="dqn",
    components={"objective": "qr-dqn"},
    settings={"objective.quantiles": 51, "optimizer.eps": 0.01 / 32},  # the paper's: over a batch size of 32
    reference=papers.DABNEY_2018A,
)

IQN = Algorithm(
    "DQN that learns the distribution of returns, as quantiles at random fractions",
    like="dqn",
    components={"objective": "iqn", "network": "iqn"},
    settings={
        # Not Dopamine's 64: every pair of them is compared, for each transition.
        "objective.fractions": 8,
        "objective.target_fractions": 8,
        "optimizer.eps": 0.01 / 32,
    },
    reference=papers.DABNEY_2018B,
)

MUNCHAUSEN = Algorithm(
    "DQN whose target is soft and rewards what the policy was sure to do",
    like="dqn",
    components={"objective": "munchausen"},
    reference=papers.VIEILLARD_2020,
)
