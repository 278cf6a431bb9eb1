"""Where this exploration was published."""

AUER_2002 = (
    "Auer, Cesa-Bianchi and Fischer, Finite-time analysis of the multiarmed bandit problem, Machine Learning 47 (2002)"
)
CESA_BIANCHI_2017 = "Cesa-Bianchi et al., Boltzmann exploration done right, NIPS (2017)"
DABNEY_2021 = "Dabney, Ostrovski and Barreto, Temporally-extended epsilon-greedy exploration, ICLR (2021)"
FORTUNATO_2018 = "Fortunato et al., Noisy networks for exploration, ICLR (2018)"
OSBAND_2016 = "Osband et al., Deep exploration via bootstrapped DQN, NIPS (2016)"
