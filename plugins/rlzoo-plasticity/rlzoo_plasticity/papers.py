"""References for plasticity."""

ASH_2020 = "Ash and Adams, On warm-starting neural network training, NeurIPS (2020)"
NIKISHIN_2022 = "Nikishin et al., The primacy bias in deep reinforcement learning, ICML (2022)"
SOKAR_2023 = "Sokar et al., The dormant neuron phenomenon in deep reinforcement learning, ICML (2023)"
TANG_2024 = (
    "Tang and Berseth, Improving deep reinforcement learning by reducing the chain effect of value and policy churn, "
    "NeurIPS (2024)"
)
