"""The time of a factorial study beside that of the same number of runs of Stable-Baselines3.

The study crosses three targets (none, hard, soft) with uniform and recent replay, over ten seeds and 50,000 steps of
CartPole-v1 (3 million steps), by `rlzoo ablate` with two workers, from the command to the finished report, including an
evaluation of every seed. With Stable-Baselines3 that is 60 runs, two at a time. A sample of them is timed, each in a
separate process with one torch thread, and the rest is extrapolated. The sample uses uniform replay and a hard target,
the only ones that SB3's DQN has; without the extra `peers`, it is left out. Rounds alternate.

    python benchmarks/study_peers.py --rounds 5
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from measuring import alternate, processor, ratios, row, seconds, spread, table
from peers import PEER, sb3_dqn

STEPS, SEEDS, RUNS, AT_ONCE = 50_000, 10, 60, 2
VARY = ("--vary", "target=hard,soft,none", "--vary", "buffer=uniform,recent")


def study(steps: int) -> float:
    """The duration of the study in seconds."""
    rlzoo = Path(sys.executable).with_name("rlzoo")
    with tempfile.TemporaryDirectory() as folder:
        amount = ["--seeds", str(SEEDS), "--steps", str(steps), "--workers", str(AT_ONCE), "--out", f"{folder}/study"]
        return seconds(
            lambda: subprocess.run([rlzoo, "ablate", "dqn", *VARY, *amount, "--quiet"], check=True), clock=perf_counter
        )


def pair(steps: int) -> None:
    """Two runs of SB3 at once, in separate processes."""
    command = [sys.executable, __file__, "--steps", str(steps), "--one"]
    runs = [subprocess.Popen([*command, str(seed)]) for seed in range(AT_ONCE)]
    assert all(run.wait() == 0 for run in runs)


def main() -> None:
    """Alternate, and print the durations and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=STEPS, help="per seed")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        sb3_dqn(arguments.one, starts=10_000).learn(arguments.steps)
        return
    contestants: dict[str, Callable[[], float]] = {"rlzoo": lambda: study(arguments.steps)}
    if find_spec("stable_baselines3"):
        contestants[PEER] = lambda: seconds(lambda: pair(arguments.steps), clock=perf_counter) * RUNS / AT_ONCE
    measured = alternate(contestants, arguments.rounds)
    print(f"6 cells x {SEEDS} seeds x {arguments.steps:,} steps, two cores; {processor()}\n")
    table("", "seconds", "times rlzoo")
    for name, values in measured.items():
        extrapolated = f", extrapolated from {AT_ONCE} of {RUNS} runs" if name == PEER else ""
        row(name + extrapolated, spread(values), spread(ratios(values, measured["rlzoo"])))


if __name__ == "__main__":
    main()
