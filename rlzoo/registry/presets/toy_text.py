"""Published settings of tabular Q-learning."""

from __future__ import annotations

from rlzoo.contracts import Preset

FROZEN_LAKE = Preset(
    "The Hugging Face course's settings, on a lake that is not slippery; 10,000 episodes",
    settings={
        "environment.kwargs": {"is_slippery": False},
        "train.episodes": 10_000,
        "exploration.schedule": "exponential",
        "exploration.start": 1.0,
        "exploration.end": 0.05,
        "exploration.decay": 0.9995,
        "objective.gamma": 0.95,
        "optimizer.lr": 0.7,
    },
    reference="Simonini and Sanseviero, The Hugging Face deep reinforcement learning class, unit 2 (2023)",
    results=(
        "greedy return 1.0, the highest possible, on each of 10 seeds after 60,000 steps, about 13 minutes on a busy "
        "core; `rlzoo run q-learning --env FrozenLake-v1 --preset hf-course --seed 4 ... --seed 13 --eval-every 10k`"
    ),
)

TAXI = Preset(
    "The settings of Gymnasium's tutorial on action masks; 100,000 steps",
    settings={
        "train.steps": 100_000,  # about 3,600 episodes; the tutorial trains 5,000
        "exploration.start": 0.1,
        "objective.gamma": 0.95,
        "optimizer.lr": 0.1,
    },
    reference="Gymnasium's tutorial `Action masking in the Taxi environment` (Towers et al., arXiv 2407.17032, 2024)",
    results=(
        "greedy return 8.1 (95% CI 7.5 to 8.7) on 10 seeds after 100,000 steps, about 5 minutes on a busy core; "
        "`rlzoo run q-learning --env Taxi-v4 --preset gymnasium --seed 4 ... --seed 13 --eval-every 100k`"
    ),
)
