"""Find what has become slower: compare with the ratios in `baseline.json`.

Every figure is a ratio within this run, to bare matrix products, raw environments, uniform replay or the start of a
process that only imports, so that it depends little on how busy the machine is. It still depends on the processor:
renew the baseline before you change something on another one. A figure more than 15% above its baseline is measured
once more; if it stays there, the exit code is 1.

    python benchmarks/bench.py             # compare, in less than five minutes
    python benchmarks/bench.py --renew     # store today's ratios as the baseline
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import lower_bound
import msgspec
import prioritized
import startup
import updates
from measuring import HERE, processor, ratios, row, seconds, table

TOLERATED = 1.15
PACKAGES = ("gymnasium", "numpy", "torch")
IMPORTS = "import gymnasium, matplotlib.figure, numpy, pandas, torch"


class Baseline(msgspec.Struct):
    """Ratios by name, and where they were measured."""

    processor: str
    versions: dict[str, str]
    ratios: dict[str, float]


def loop(case: lower_bound.Case) -> list[float]:
    """The whole loop over raw environments and bare products."""
    return lower_bound.measure(case, rounds=7, block=0.3).ratio


def update(algorithm: str, lanes: int) -> list[float]:
    """An update over its bare products."""
    it = updates.measure(algorithm, lanes, rounds=7)
    return ratios(it["update"], it["products"])


def replay() -> list[float]:
    """Prioritized over uniform replay."""
    it = prioritized.measure(rounds=11)
    return ratios(it["prioritized"], it["uniform"])


def start() -> list[float]:
    """A run of 200 steps over a process that only imports the packages it needs."""
    imports = partial(subprocess.run, [sys.executable, "-c", IMPORTS], check=True)
    startup.phases(startup.SHORT)  # the first run after an installation compiles
    return [sum(startup.phases(startup.SHORT)) / seconds(imports, clock=perf_counter) for _ in range(3)]


MEASUREMENTS: dict[str, Callable[[], list[float]]] = {
    **{f"loop: {case.name}": partial(loop, case) for case in lower_bound.CASES},
    **{f"update: {name}, 10 lanes": partial(update, name, 10) for name in updates.ALGORITHMS},
    "update: dqn, 1 lane": partial(update, "dqn", 1),
    "replay: prioritized over uniform": replay,
    "start: rlzoo run over imports": start,
}


def compare(baseline: Baseline, chosen: dict[str, Callable[[], list[float]]]) -> list[str]:
    """Print a row for each measurement; returns the names of those that became slower."""
    table("ratio", "baseline", "now", "change")
    slower = []
    for name, measure in chosen.items():
        stored = baseline.ratios.get(name)
        now = statistics.median(measure())
        if stored is None:
            row(name, "", f"{now:.2f}", "new")
            continue
        if now > TOLERATED * stored:
            now = min(now, statistics.median(measure()))
        if now > TOLERATED * stored:
            slower.append(name)
        row(name, f"{stored:.2f}", f"{now:.2f}", f"{100 * (now / stored - 1):+.0f}%{' slower' * (name in slower)}")
    return slower


def renew(path: Path, chosen: dict[str, Callable[[], list[float]]]) -> None:
    """Measure and store the baseline; ratios that are not measured now stay."""
    stored = load(path).ratios if path.exists() else {}
    table("ratio", "now")
    for name, measure in chosen.items():
        stored[name] = round(statistics.median(measure()), 3)
        row(name, f"{stored[name]:.2f}")
    kept = {name: stored[name] for name in MEASUREMENTS if name in stored}
    written = Baseline(processor(), {package: version(package) for package in PACKAGES}, kept)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(written), indent=2) + b"\n")


def load(path: Path) -> Baseline:
    """Read a baseline."""
    return msgspec.json.decode(path.read_bytes(), type=Baseline)


def main() -> int:
    """Compare with the baseline or renew it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="words that a name contains; by default, everything is measured")
    parser.add_argument("--renew", action="store_true", help="store the ratios instead of comparing them")
    parser.add_argument("--baseline", type=Path, default=HERE / "baseline.json")
    arguments = parser.parse_args()
    words = arguments.only or [""]
    chosen = {name: measure for name, measure in MEASUREMENTS.items() if any(word in name for word in words)}
    if arguments.renew:
        renew(arguments.baseline, chosen)
        return 0
    baseline = load(arguments.baseline)
    if baseline.processor != processor():
        print(f"The baseline was measured on another processor: {baseline.processor}. This is {processor()}.\n")
    slower = compare(baseline, chosen)
    print(f"\n{len(slower)} of {len(chosen)} became more than {100 * TOLERATED - 100:.0f}% slower.")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
