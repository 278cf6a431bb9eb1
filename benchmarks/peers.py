"""Steps per second against Stable-Baselines3's DQN, same settings, same process limits.

Needs the extra `peers`: `pip install -c constraints.txt -e '.[peers]'`. Every figure is a whole training run of
CartPole-v1 with CleanRL's settings, in a process of its own with one torch thread, timed from the first update on (the
10,000 steps before it learn nothing). Runs alternate, so that a noisy machine hurts all alike; medians are printed, and
ratios are taken within a round.

    python benchmarks/peers.py --rounds 5 --lanes 1,2,4,8,10,16,32 --plot docs/images/lanes.png
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STARTS = 10_000
UNTIL = 30_000


def sb3_dqn(seed: int) -> Any:
    """SB3's DQN with the settings of `rlzoo run dqn`, in one thread."""
    import torch
    from stable_baselines3 import DQN

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # worth as much to SB3 as to us
    return DQN(
        "MlpPolicy",
        "CartPole-v1",
        learning_rate=2.5e-4,
        buffer_size=10_000,
        learning_starts=STARTS,
        batch_size=128,
        tau=1.0,
        gamma=0.99,
        train_freq=10,
        gradient_steps=1,
        target_update_interval=500,
        exploration_fraction=0.5,
        exploration_final_eps=0.05,
        max_grad_norm=float("inf"),
        policy_kwargs={"net_arch": [120, 84]},
        seed=seed,
        device="cpu",
    )


def sb3_rate(model: Any, starts: int, until: int, clock: Callable[[], float]) -> float:
    """Steps per second, by `clock`, of a model of Stable-Baselines3 from step `starts` to `until`."""
    from stable_baselines3.common.callbacks import BaseCallback

    class Stopwatch(BaseCallback):
        def _on_step(self) -> bool:
            if self.num_timesteps == starts:
                self.began = clock()
            return True

    watch = Stopwatch()
    model.learn(until, callback=watch)
    return (until - starts) / (clock() - watch.began)


def stable_baselines3() -> float:
    """Steps per second of one SB3 run while it learns."""
    return sb3_rate(sb3_dqn(seed=0), STARTS, UNTIL, time.perf_counter)


def rlzoo(lanes: int) -> float:
    """Steps per second over all lanes of one rlzoo run while it learns."""
    import torch

    from rlzoo.registry.catalog import open_catalog
    from rlzoo.registry.composition import compose
    from rlzoo.training.groups import one_thread
    from rlzoo.training.runner import Runner

    composition = compose(open_catalog(no_plugins=True), "dqn", {}, {"train.steps": UNTIL}, "CartPole-v1")
    with one_thread():
        runner = Runner(composition, range(lanes), torch.device("cpu"))
        runner.begin()
        while runner.clock.steps < STARTS:
            runner.step()
        began = time.perf_counter()
        while not runner.finished:
            runner.step()
        return (UNTIL - STARTS) * lanes / (time.perf_counter() - began)


def measured(what: str) -> float:
    """Run `what` ("sb3" or a number of lanes) in a separate process."""
    command = [sys.executable, __file__, "--one", what]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def plot(rates: dict[str, list[float]], path: Path) -> None:
    """Steps per second over lanes, with the peer as a line."""
    from matplotlib.figure import Figure

    lanes = [int(what) for what in rates if what != "sb3"]
    median = {what: statistics.median(values) for what, values in rates.items()}
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(lanes, [median[str(n)] for n in lanes], "o-", label="rlzoo, one process")
    axes.axhline(median["sb3"], color="tab:orange", linestyle="--", label="Stable-Baselines3, one run")
    axes.set(
        xscale="log", yscale="log", xlabel="lanes (seeds trained side by side)", ylabel="steps per second, all lanes"
    )
    axes.set_xticks(lanes, [str(n) for n in lanes])
    axes.set_title("DQN on CartPole-v1, one torch thread, environment stepping included")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Alternate the runs, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lanes", default="1,2,4,8,10,16,32")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(stable_baselines3() if arguments.one == "sb3" else rlzoo(int(arguments.one)))
        return
    kinds = ["sb3", *arguments.lanes.split(",")]
    rates: dict[str, list[float]] = {what: [] for what in kinds}
    for _ in range(arguments.rounds):
        for what in kinds:
            rates[what].append(measured(what))
    for what in kinds:
        ratio = statistics.median(own / peer for own, peer in zip(rates[what], rates["sb3"], strict=True))
        print(f"{what:>5}  {statistics.median(rates[what]):9.0f} steps/s  {ratio:6.2f} x sb3")
    print(json.dumps(rates))
    if arguments.plot:
        plot(rates, arguments.plot)


if __name__ == "__main__":
    main()
