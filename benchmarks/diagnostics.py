"""What `--diagnose` costs: the same run with and without, in turns of one row of metrics each.

    python benchmarks/diagnostics.py
    python benchmarks/diagnostics.py --algorithm dqn-minatar --env minatar/breakout --seeds 3 --rounds 30

Both are trained in this process, in alternating rounds of 1,000 environment steps of each seed. What counts is
processor time.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence

from measuring import Rounds, alternate, processor, ratios, row, seconds, spread, table
from timed_training import composition, updating

from rlzoo.contracts import Log
from rlzoo.training.groups import one_thread

ROW = 1_000
SETTINGS = {"train.log_every": ROW, "train.learning_starts": ROW}


def measure(algorithm: str, environment: str, seeds: Sequence[int], rounds: int, **settings: object) -> Rounds:
    """Seconds of processor time from one row of metrics to the next, with and without diagnostics."""
    with one_thread():
        steps = SETTINGS | {"train.steps": (rounds + 10) * ROW} | settings
        runs = {
            name: updating(composition(algorithm, environment, steps | {"train.diagnose": diagnose}), seeds)[1]
            for name, diagnose in (("plain", False), ("diagnosed", True))
        }
        for logs in runs.values():
            to_next_row(logs)  # the first calls may compile
            to_next_row(logs)
        return alternate(
            {name: lambda logs=logs: seconds(lambda: to_next_row(logs)) for name, logs in runs.items()}, rounds
        )


def to_next_row(logs: Iterator[Log]) -> None:
    """Train until the next row of metrics."""
    next(log for log in logs if log.metrics)


def main() -> None:
    """Print the cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algorithm", default="dqn")
    parser.add_argument("--env", default="CartPole-v1")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    it = measure(arguments.algorithm, arguments.env, range(arguments.seeds), arguments.rounds)
    low, _, high = statistics.quantiles(ratios(it["diagnosed"], it["plain"]), n=4)
    whole = sum(it["diagnosed"]) / sum(it["plain"])
    print(f"{arguments.algorithm} on {arguments.env}, {arguments.seeds} seeds, one core; {processor()}\n")
    table("", "milliseconds a row", "times plain")
    row("plain", spread([1e3 * value for value in it["plain"]]), "1")
    row(
        "diagnosed",
        spread([1e3 * value for value in it["diagnosed"]]),
        f"{whole:.3f} in total; half of all rounds {low:.2f} to {high:.2f}",
    )


if __name__ == "__main__":
    main()
