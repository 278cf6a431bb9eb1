"""Steps per second over lanes, beside Stable-Baselines3's DQN with the same settings.

Each figure is a training run of CartPole-v1 with CleanRL's settings in a separate process with one torch thread, timed
from the first update on: 20,000 steps a seed, or fewer where there are more than ten lanes. Stable-Baselines3 trains
one seed; it needs the extra `peers`. Seconds are those of the processor: these runs compute without waiting.

    python benchmarks/peers.py --rounds 5 --lanes 1 2 4 8 10 16 32 64 128 --plot docs/images/lanes.png
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from measuring import Rounds, alternate, processor, rate, rates, span
from timed_training import job

STARTS, STEPS = 2_000, 20_000
PEER = "Stable-Baselines3"


def sb3_dqn(seed: int, starts: int = STARTS) -> Any:
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
        learning_starts=starts,
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


def sb3_span(model: Any, starts: int, until: int, clock: Callable[[], float]) -> tuple[float, float]:
    """When, by `clock`, a model of Stable-Baselines3 was at step `starts` and at step `until`."""
    from stable_baselines3.common.callbacks import BaseCallback

    class Stopwatch(BaseCallback):
        def _on_step(self) -> bool:
            if self.num_timesteps == starts:
                self.began = clock()
            return True

    watch = Stopwatch()
    model.learn(until, callback=watch)
    return watch.began, clock()


def measure(lanes: list[int], rounds: int, steps: int = STEPS, peer: bool = True) -> Rounds:
    """Steps per second of the peer and of each number of lanes."""

    def ours(count: int) -> float:
        until = STARTS + min(steps, max(2_000, 10 * steps // count // 1_000 * 1_000))
        settings = {"train__steps": until, "train__learning_starts": STARTS}
        return rate([*job(range(count), "dqn", "CartPole-v1", **settings), "--clock", "cpu"])

    theirs = {PEER: lambda: rate(["peers.py", "--span", str(STARTS + steps)])} if peer else {}
    return alternate(theirs | {name(count): partial(ours, count) for count in lanes}, rounds)


def name(lanes: int) -> str:
    """How tables name a number of lanes."""
    return f"rlzoo, {lanes} lane{'s' if lanes > 1 else ''}"


def plot(lanes: list[int], measured: Rounds, path: Path) -> None:
    """Steps per second over lanes, medians with the spread over rounds, and the peer as a line."""
    from matplotlib.figure import Figure

    rows = [measured[name(count)] for count in lanes]
    middle = [statistics.median(row) for row in rows]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(lanes, [min(row) for row in rows], [max(row) for row in rows], alpha=0.2)
    axes.plot(lanes, middle, "o-", label="rlzoo, one process")
    if PEER in measured:
        axes.axhline(statistics.median(measured[PEER]), color="tab:orange", linestyle="--", label=f"{PEER}, one seed")
    axes.set(
        xscale="log", yscale="log", xlabel="lanes (seeds trained side by side)", ylabel="steps per second, all lanes"
    )
    axes.set_xticks(lanes, [str(count) for count in lanes])
    axes.minorticks_off()
    axes.set_title("DQN on CartPole-v1, one core, environment steps included")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Alternate the runs, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--span", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.span:
        began, ended = sb3_span(sb3_dqn(0), STARTS, arguments.span, time.process_time)
        print(span(began, ended, arguments.span - STARTS))
        return
    measured = measure(arguments.lanes, arguments.rounds)
    print(f"CartPole-v1, one core; {processor()}\n")
    rates(measured, PEER)
    if arguments.plot:
        plot(arguments.lanes, measured, arguments.plot)


if __name__ == "__main__":
    main()
