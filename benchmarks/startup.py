"""How long `rlzoo run` takes beside training: until the first update, and after the last.

A run of ten seeds in two processes, whose updates begin at once: from the command to the last row of metrics.csv, which
is written right after the last update, there is hardly anything but starting. What follows is the rest: the last
weights, the plot, and the exit. The rest is measured after a long run as well, which has more to write.

    python benchmarks/startup.py
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import processor, row, spread, table

SHORT = ["--steps", "200", "--set", "train.learning_starts=100", "--set", "train.log_every=100"]
LONG = ["--steps", "50_000"]


def phases(arguments: list[str]) -> tuple[float, float]:
    """Seconds of `rlzoo run dqn` until the last row of metrics, and from there to the exit."""
    rlzoo = Path(sys.executable).with_name("rlzoo")
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "run")
        began = time.time()
        command = [rlzoo, "run", "dqn", "--env", "CartPole-v1", "--seeds", "10", "--workers", "2", *arguments]
        subprocess.run([*command, "--out", folder, "--quiet"], check=True)
        ended, last_row = time.time(), (folder / "metrics.csv").stat().st_mtime
    return last_row - began, ended - last_row


def main() -> None:
    """Print both phases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    phases(SHORT)  # the first run after an installation compiles
    rounds = [(*phases(SHORT), phases(LONG)[1]) for _ in range(arguments.rounds)]
    start, end, end_long = zip(*rounds, strict=True)
    print(f"Seconds, two cores; {processor()}\n")
    table("`rlzoo run dqn --seeds 10 --workers 2`", "seconds")
    row("from the command to the first updates", spread(start))
    row("from the last update to the exit, 200 steps a seed", spread(end))
    row("the same, 50,000 steps a seed", spread(end_long))
    row("first and last row together", spread([a + b for a, b in zip(start, end_long, strict=True)]))


if __name__ == "__main__":
    main()
