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

QR_DQN = Algorithm(
    "DQN that learns the distribution of returns, as 51 of its quantiles",
    like="dqn",
    components={"objective": "qr-dqn"},
    settings={"objective.quantiles": 51, "optimizer.eps": 0.01 / 32},  # the paper's: over a batch size of 32
    reference="Dabney, Rowland, Bellemare and Munos, Distributional reinforcement learning with quantile regression, "
    "AAAI (2018)",
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
    reference="Dabney, Ostrovski, Silver and Munos, Implicit quantile networks for distributional reinforcement "
    "learning, ICML (2018)",
)

MUNCHAUSEN = Algorithm(
    "DQN whose target is soft and rewards what the policy was sure to do",
    like="dqn",
    components={"objective": "munchausen"},
    reference="Vieillard, Pietquin and Geist, Munchausen reinforcement learning, NeurIPS (2020)",
)
