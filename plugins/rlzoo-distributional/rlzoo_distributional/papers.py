"""References for the objectives."""

BELLEMARE_2017 = "Bellemare, Dabney and Munos, A distributional perspective on reinforcement learning, ICML (2017)"
DABNEY_2018A = (
    "Dabney, Rowland, Bellemare and Munos, Distributional reinforcement learning with quantile regression, AAAI (2018)"
)
DABNEY_2018B = (
    "Dabney, Ostrovski, Silver and Munos, Implicit quantile networks for distributional reinforcement learning, ICML "
    "(2018)"
)
FAREBROTHER_2024 = (
    "Farebrother et al., Stop regressing: training value functions via classification for scalable deep RL, ICML (2024)"
)
SCHRITTWIESER_2020 = (
    "Schrittwieser et al., Mastering Atari, Go, chess and shogi by planning with a learned model, Nature 588"
)
VIEILLARD_2020 = "Vieillard, Pietquin and Geist, Munchausen reinforcement learning, NeurIPS (2020)"
