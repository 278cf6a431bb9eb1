"""Updates with and without `train.compile`, in turn on one core, and what the first compiled ones cost.

Compiled programs are kept on disk: "again" is a later process that finds them there. Needs a C++ compiler.

    python benchmarks/compiled.py --lanes 1 10
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable

from measuring import Rounds, alternate, processor, ratios, row, seconds, spread, table
from updates import update_of

from rlzoo.training.groups import one_thread

ALGORITHMS = ("dqn", "dueling-dqn", "c51", "qr-dqn", "iqn", "rainbow")
COMPILED = {"train.compile": True}


def measure(algorithm: str, lanes: int, rounds: int, calls: int = 10) -> Rounds:
    """Milliseconds of both updates: the median call of each round."""

    def median(call: Callable[[], object]) -> Callable[[], float]:
        return lambda: 1e3 * statistics.median(seconds(call) for _ in range(calls))

    with one_thread(), update_of(algorithm, lanes) as plain, update_of(algorithm, lanes, COMPILED) as compiled:
        return alternate({"plain": median(plain), "compiled": median(compiled)}, rounds)


def first_updates(algorithm: str, lanes: int) -> list[float]:
    """Seconds of the processor until the first updates are done, including the compiler: at first, and again."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, algorithm, "--lanes", str(lanes), "--first"]
        variables = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": folder, "TORCHINDUCTOR_COMPILE_THREADS": "1"}
        runs = [subprocess.run(command, env=variables, check=True, capture_output=True, text=True) for _ in range(2)]
    return [float(run.stdout.splitlines()[-1]) for run in runs]


def main() -> None:
    """Print a row for each algorithm and number of lanes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("algorithms", nargs="*", default=ALGORITHMS)
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--first", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.first:
        with one_thread(), update_of(arguments.algorithms[0], arguments.lanes[0], COMPILED):
            print(sum(os.times()[:4]))
        return
    print(f"Milliseconds, and seconds until the first updates are done, one core; {processor()}\n")
    table("update", "lanes", "by default", "compiled", "times as fast", "first time", "again")
    for algorithm in arguments.algorithms:
        for lanes in arguments.lanes:
            it, first = measure(algorithm, lanes, arguments.rounds), first_updates(algorithm, lanes)
            gain = ratios(it["plain"], it["compiled"])
            row(
                f"`{algorithm}`",
                str(lanes),
                *map(spread, (it["plain"], it["compiled"], gain)),
                *map("{:.0f}".format, first),
            )


if __name__ == "__main__":
    main()
