"""A whole factorial study against the same runs made with Stable-Baselines3.

Target none, hard and soft, times uniform and recent replay, ten seeds each, 50,000 steps of CartPole-v1 (3 million
steps), by `rlzoo ablate` with two workers: from the command to the finished report, with an evaluation of every seed.
With Stable-Baselines3 that is 60 runs, two at a time; a sample of them is timed, each in a process of its own with one
torch thread, and the rest is extrapolated. All of the sample have uniform replay and a hard target, since SB3's DQN has
nothing else at this price. Needs the extra `peers`. Rounds alternate, so that a noisy machine hurts both alike.

    python benchmarks/study_peers.py --rounds 3
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from peers import sb3_dqn

STEPS, SEEDS, RUNS, AT_ONCE = 50_000, 10, 60, 2
VARY = ("--vary", "target=hard,soft,none", "--vary", "buffer=uniform,recent")


def study() -> float:
    """Seconds of the whole study."""
    rlzoo = Path(sys.executable).with_name("rlzoo")
    with tempfile.TemporaryDirectory() as folder:
        amount = ["--seeds", str(SEEDS), "--steps", str(STEPS), "--workers", str(AT_ONCE), "--out", f"{folder}/study"]
        began = time.perf_counter()
        subprocess.run([rlzoo, "ablate", "dqn", *VARY, *amount, "--quiet"], check=True)
        return time.perf_counter() - began


def peers(sample: int) -> float:
    """Seconds that all runs would take with SB3, from `sample` of them."""
    began = time.perf_counter()
    for _ in range(sample // AT_ONCE):
        pair = [subprocess.Popen([sys.executable, __file__, "--one", str(seed)]) for seed in range(AT_ONCE)]
        assert all(run.wait() == 0 for run in pair)
    return (time.perf_counter() - began) * RUNS / sample


def main() -> None:
    """Alternate, print seconds and the ratio of each round, and its median."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=2, help="runs of SB3 to time in each round")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        sb3_dqn(arguments.one).learn(STEPS)
        return
    ratios = []
    for _ in range(arguments.rounds):
        theirs, ours = peers(arguments.sample), study()
        ratios.append(theirs / ours)
        print(f"study {ours:7.1f} s   sb3 {theirs:7.1f} s (extrapolated)   ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
