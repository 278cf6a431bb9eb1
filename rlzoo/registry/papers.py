"""Where things were published: the papers that algorithms and components name in `reference`."""

BA_2016 = "Ba, Kiros and Hinton, Layer normalization, arXiv 1607.06450 (2016)"
CHO_2014 = (
    "Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation, "
    "EMNLP (2014)"
)
GRAVES_2013 = "Graves, Generating sequences with recurrent neural networks, arXiv 1308.0850 (2013)"
HASSELT_2016 = "van Hasselt, Guez and Silver, Deep reinforcement learning with double Q-learning, AAAI (2016)"
KINGMA_2015 = "Kingma and Ba, Adam: a method for stochastic optimization, ICLR (2015)"
LILLICRAP_2015 = "Lillicrap et al., Continuous control with deep reinforcement learning, arXiv 1509.02971 (2015)"
LIN_1992 = (
    "Lin, Self-improving reactive agents based on reinforcement learning, planning and teaching, Machine Learning 8 "
    "(1992)"
)
LIU_2020 = "Liu et al., On the variance of the adaptive learning rate and beyond, ICLR (2020)"
MNIH_2013 = "Mnih et al., Playing Atari with deep reinforcement learning, arXiv 1312.5602 (2013)"
MNIH_2015 = "Mnih et al., Human-level control through deep reinforcement learning, Nature 518 (2015)"
POLYAK_1964 = (
    "Polyak, Some methods of speeding up the convergence of iteration methods, USSR Computational Mathematics and "
    "Mathematical Physics 4 (1964)"
)
ROBBINS_1951 = "Robbins and Monro, A stochastic approximation method, Annals of Mathematical Statistics 22 (1951)"
RUMMERY_1994 = "Rummery and Niranjan, On-line Q-learning using connectionist systems, CUED TR 166 (1994)"
SAXE_2014 = (
    "Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural "
    "networks, ICLR (2014)"
)
SCHULMAN_2017 = "Schulman et al., Proximal policy optimization algorithms, arXiv 1707.06347 (2017)"
SEIJEN_2009 = "van Seijen et al., A theoretical and empirical analysis of Expected Sarsa, ADPRL (2009)"
SUTTON_1990 = (
    "Sutton, Integrated architectures for learning, planning, and reacting based on approximating dynamic "
    "programming, ICML (1990)"
)
SUTTON_2018 = "Sutton and Barto, Reinforcement learning: an introduction, 2nd edition, MIT Press (2018)"
TIELEMAN_2012 = "Tieleman and Hinton, RMSProp, lecture 6.5 of Neural networks for machine learning, Coursera (2012)"
WANG_2016 = "Wang et al., Dueling network architectures for deep reinforcement learning, ICML (2016)"
WATKINS_1989 = "Watkins, Learning from delayed rewards, PhD thesis, Cambridge (1989)"
YOUNG_2019 = (
    "Young and Tian, MinAtar: an Atari-inspired testbed for thorough and reproducible reinforcement learning "
    "experiments, arXiv 1903.03176 (2019)"
)
