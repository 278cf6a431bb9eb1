"""Settings found by `rlzoo tune` and tested on seeds that no search saw. `benchmarks/tunings` has the searches."""

from __future__ import annotations

from rlzoo.contracts import Preset

REFERENCE = "the best of 17 trials of `rlzoo tune`; the searches are in benchmarks/tunings"
_COMMON = {
    "train.steps": 50_000,
    "train.batch_size": 64,
    "train.learning_starts": 1_000,
    "optimizer.schedule": "linear",
}

CARTPOLE = Preset(
    "Frequent updates with a falling learning rate; 50,000 steps",
    settings=_COMMON
    | {
        "train.update_every": 2,
        "exploration.fraction": 0.11672127524446742,
        "target.period": 10,
        "objective.gamma": 0.9871568049481482,
        "objective.loss": "mse",
        "optimizer.lr": 0.0016759713326996017,
    },
    reference=REFERENCE,
    results=(
        "greedy return 460 (95% CI 404 to 515) on 10 seeds that the search did not see, after 50,000 steps; the same "
        "settings with DQN's learning rate, exploration, discount and target period: 239 (211 to 266), difference +221 "
        "(150 to 292, p < 0.001); rl-zoo3's settings: 226 (107 to 346), difference +233 (120 to 346, p = 0.001)"
    ),
)

CARTPOLE_DOUBLE = Preset(
    "Frequent updates with a falling learning rate; 50,000 steps",
    settings=_COMMON
    | {
        "train.update_every": 2,
        "exploration.fraction": 0.11672127524446742,
        "target.period": 10,
        "objective.gamma": 0.9871568049481482,
        "optimizer.lr": 0.0016759713326996017,
    },
    reference=REFERENCE,
    results=(
        "greedy return 427 (95% CI 332 to 522) on 10 seeds that the search did not see, after 50,000 steps; the same "
        "settings with the algorithm's learning rate, exploration and discount: 285 (254 to 315), difference +142 (30 "
        "to 255, p = 0.019)"
    ),
)

ACROBOT = Preset(
    "A higher, falling learning rate and a short horizon; 50,000 steps",
    settings=_COMMON
    | {
        "train.update_every": 4,
        "exploration.fraction": 0.14737560353262424,
        "target.period": 100,
        "objective.gamma": 0.972723796622926,
        "objective.loss": "huber",
        "optimizer.lr": 0.0008011109264002853,
    },
    reference=REFERENCE,
    results=(
        "greedy return -153 (95% CI -245 to -60) on 10 seeds that the search did not see, after 50,000 steps; the same "
        "settings with DQN's learning rate, exploration, discount and target period: -267 (-385 to -149); no "
        "significant difference (p = 0.11)"
    ),
)
