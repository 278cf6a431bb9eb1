"""Returns of Stable-Baselines3's DQN with the settings of the preset `rl-zoo3`: what these settings reach there.

By default, the ten seeds with which docs/presets.md measures rlzoo. The returns are those of each seed's last 100
training episodes, and of ten greedy episodes afterwards. Needs the extra `peers`.

    python benchmarks/preset_peers.py CartPole-v1
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
import torch
from parity import told
from stable_baselines3 import DQN
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

from rlzoo.registry.catalog import open_catalog
from rlzoo.registry.presets.lookup import find_preset

EPISODES = 10
ARGUMENTS = {
    "optimizer.lr": "learning_rate",
    "buffer.capacity": "buffer_size",
    "train.learning_starts": "learning_starts",
    "train.batch_size": "batch_size",
    "train.update_every": "train_freq",
    "train.updates": "gradient_steps",
    "objective.gamma": "gamma",
    "target.period": "target_update_interval",
    "exploration.start": "exploration_initial_eps",
    "exploration.end": "exploration_final_eps",
    "exploration.fraction": "exploration_fraction",
    "optimizer.max_grad_norm": "max_grad_norm",
}
"""rlzoo's settings, and what they are called there."""


def theirs(environment: str, settings: Mapping[str, Any], seed: int) -> tuple[float, float]:
    """The mean returns of one seed: of its last 100 training episodes, and greedy ones after training."""
    arguments = {name: settings[setting] for setting, name in ARGUMENTS.items() if setting in settings}
    hidden = list(settings["network.hidden"])
    env = Monitor(gymnasium.make(environment))
    model = DQN("MlpPolicy", env, seed=seed, policy_kwargs={"net_arch": hidden}, device="cpu", **arguments)
    model.learn(settings["train.steps"])
    greedy, _ = evaluate_policy(model, Monitor(gymnasium.make(environment)), n_eval_episodes=EPISODES)
    return float(np.mean(env.get_episode_rewards()[-100:])), float(greedy)


def main() -> None:
    """Train all seeds, and print their returns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment")
    parser.add_argument("--seeds", type=int, nargs=2, default=(4, 13), metavar=("FIRST", "LAST"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    settings = find_preset(open_catalog(), "dqn", arguments.environment, "rl-zoo3").settings
    returns = []
    for seed in range(arguments.seeds[0], arguments.seeds[1] + 1):
        returns.append(theirs(arguments.environment, settings, seed))
        print("seed {}: training {:.1f}, greedy {:.1f}".format(seed, *returns[-1]), flush=True)
    for name, values in zip(("training", "greedy"), np.transpose(returns), strict=True):
        print(f"{name}: {told(values)}")


if __name__ == "__main__":
    main()
