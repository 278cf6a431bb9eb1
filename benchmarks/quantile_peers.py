"""Compare the returns of QR-DQN and SB3-contrib's QR-DQN after 30,000 steps of CartPole-v1 with equal settings.

Both return little so early; this tells whether only ours does. Ten seeds each, the mean of a seed's last 100 training
episodes; seeds are not paired, since the libraries draw differently. Needs the extra `peers` and the zoo's plugins.

    python benchmarks/quantile_peers.py
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from parity import last_hundred, told
from rainbow_peers import BATCH, STARTS, sb3_qr_dqn
from scipy.stats import ttest_ind

import rlzoo

STEPS, SEEDS = 30_000, 10


def theirs(seed: int) -> float:
    """The mean return of the last 100 episodes of one seed."""
    model = sb3_qr_dqn(seed)
    model.learn(STEPS)
    return float(np.mean(model.get_env().env_method("get_episode_rewards")[0][-100:]))


def ours(folder: Path, eps: float) -> np.ndarray:
    """The same for every seed of rlzoo, `[S]`."""
    settings = {"train.learning_starts": STARTS, "optimizer.eps": eps}
    run = rlzoo.train("qr-dqn", env="CartPole-v1", steps=STEPS, seeds=SEEDS, set=settings, out=folder / f"{eps}")
    return last_hundred(run.folder)


def main() -> None:
    """Train both, and print their returns and a test of the difference."""
    peer = np.array([theirs(seed) for seed in range(SEEDS)])
    print(f"Stable-Baselines3-contrib: {told(peer)}", flush=True)
    with TemporaryDirectory() as folder:
        for name, eps in (("0.01 / 32, the default", 0.01 / 32), ("0.01 / 128, as theirs", 0.01 / BATCH)):
            returns = ours(Path(folder), eps)
            chance = ttest_ind(returns, peer, equal_var=False).pvalue
            print(f"rlzoo, eps {name}: {told(returns)}; Welch's p {chance:.2f}", flush=True)


if __name__ == "__main__":
    main()
