"""The algorithms, each given by its differences from `dqn`."""

from rlzoo import Algorithm
from rlzoo_distributional import papers

SUPPORT = {"objective.atoms": 101, "objective.v_min": -100.0, "objective.v_max": 100.0}
"""Of the agents that learn returns as classes. Another objective does not inherit the settings of `c51`'s."""

C51 = Algorithm(
    "Categorical DQN: learns a distribution of returns over 101 fixed atoms",
    like="dqn",
    components={"objective": "c51"},
    settings={**SUPPORT, "optimizer.eps": 0.01 / 128},  # the paper: 0.01 / batch size
    reference=f"{papers.BELLEMARE_2017}; settings of CleanRL's c51.py (Huang et al., JMLR 23, 2022)",
)

QR_DQN = Algorithm(
    "Quantile-regression DQN: learns 51 quantiles of the return",
    like="dqn",
    components={"objective": "qr-dqn"},
    settings={"objective.quantiles": 51, "optimizer.eps": 0.01 / 32},  # the paper, whose batch size is 32
    reference=papers.DABNEY_2018A,
)

IQN = Algorithm(
    "Implicit quantile networks: learns quantiles of the return at random fractions",
    like="dqn",
    components={"objective": "iqn", "network": "iqn"},
    settings={
        # Dopamine uses 64, which is expensive: the loss compares every pair, for each transition.
        "objective.fractions": 8,
        "objective.target_fractions": 8,
        "optimizer.eps": 0.01 / 32,
    },
    reference=papers.DABNEY_2018B,
)

MUNCHAUSEN = Algorithm(
    "DQN with soft targets and the scaled log-policy added to the reward",
    like="dqn",
    components={"objective": "munchausen"},
    reference=papers.VIEILLARD_2020,
)

TWO_HOT = Algorithm(
    "DQN by classification: each target is split between its two neighbours among 101 fixed returns",
    like="c51",
    components={"objective": "two-hot"},
    settings=SUPPORT,
    reference=papers.FAREBROTHER_2024,
)

HL_GAUSS = Algorithm(
    "DQN by classification: each target is a normal distribution over 101 bins of returns",
    like="c51",
    components={"objective": "hl-gauss"},
    settings=SUPPORT,
    reference=papers.FAREBROTHER_2024,
)
