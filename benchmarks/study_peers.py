"""The time of a factorial study compared with the same number of runs of Stable-Baselines3.

The study crosses three targets (none, hard, soft) with uniform and recent replay, over ten seeds and 50,000 steps of
CartPole-v1 (3 million steps), by `rlzoo ablate` with two workers, from the command to the finished report, including an
evaluation of every seed. With Stable-Baselines3 that is 60 runs, two at a time. A sample of them is timed, each in a
separate process with one torch thread, and the rest is extrapolated. The sample uses uniform replay and a hard target,
the only ones that SB3's DQN has. Needs the extra `peers`. Rounds alternate, so that noise affects both equally.

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
    """The duration of the study in seconds."""
    rlzoo = Path(sys.executable).with_name("rlzoo")
    with tempfile.TemporaryDirectory() as folder:
        amount = ["--seeds", str(SEEDS), "--steps", str(STEPS), "--workers", str(AT_ONCE), "--out", f"{folder}/study"]
        began = time.perf_counter()
        subprocess.run([rlzoo, "ablate", "dqn", *VARY, *amount, "--quiet"], check=True)
        return time.perf_counter() - began


def peers(sample: int) -> float:
    """The duration of all runs with SB3 in seconds, extrapolated from `sample` of them."""
    began = time.perf_counter()
    for _ in range(sample // AT_ONCE):
        pair = [subprocess.Popen([sys.executable, __file__, "--one", str(seed)]) for seed in range(AT_ONCE)]
        assert all(run.wait() == 0 for run in pair)
    return (time.perf_counter() - began) * RUNS / sample


def main() -> None:
    """Alternate, and print the durations and ratio of each round and the median ratio."""
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
