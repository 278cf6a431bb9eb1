"""Compare the value-based algorithms at equal budgets: the tables and the figure of docs/family.md.

Each run is what its `rlzoo run` would be. What is missing in the folder is trained first, what is there is only read; a
run that was broken off begins again.

    python benchmarks/family.py runs/family --plot docs/images/family.png --curves docs/family.csv
    python benchmarks/family.py runs/family --published        # with CleanRL's budget
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from parity import last_hundred, told

import rlzoo
from rlzoo.registry.catalog import open_catalog
from rlzoo.results.returns import moving_average, value_at
from rlzoo.results.run_folder import RunFolder
from rlzoo.results.statistics import mean_estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BASE = "dqn"
ALGORITHMS = (
    BASE,
    "dqn-no-target",
    "dqn-soft",
    "double-dqn",
    "dueling-dqn",
    "prioritized-dqn",
    "n-step-dqn",
    "noisy-dqn",
    "dqn-ez-greedy",
    "munchausen-dqn",
    "c51",
    "qr-dqn",
    "rainbow",
    "iqn",
    "bootstrapped-dqn",
)
ENVIRONMENTS = ("CartPole-v1", "Acrobot-v1")
POINTS = 60
"""Points of a learning curve."""
SCALED = {"train.learning_starts": 1_000}
"""Learning begins earlier in short runs, as exploration ends earlier; 10,000 steps belong to runs of 500,000."""
PUBLISHED = {"c51": "481.20 ± 20.53 (3 seeds)"}
"""CleanRL's c51.py on CartPole-v1 after 500,000 steps: the last 100 training episodes. PQN: `pqn_deviations.py`."""


@dataclass(frozen=True)
class Cell:
    """One algorithm in one environment."""

    algorithm: str
    environment: str
    steps: int
    seeds: int
    settings: Mapping[str, int]

    @property
    def command(self) -> str:
        """The command that trains it."""
        settings = "".join(f" --set {name}={value}" for name, value in self.settings.items())
        return (
            f"rlzoo run {self.algorithm} --env {self.environment} --steps {self.steps} --seeds {self.seeds}{settings}"
        )

    def folder(self, root: Path) -> Path:
        """The folder of the finished run."""
        return root / f"{self.algorithm}-{self.environment}-{self.steps}-{self.seeds}"


def train(root: Path, cells: Sequence[Cell], workers: int | None) -> None:
    """Train the missing runs one after another, printing a line for each."""
    missing = [cell for cell in cells if not cell.folder(root).exists()]
    for number, cell in enumerate(missing, 1):
        began = time.monotonic()
        print(f"[{number}/{len(missing)}] {cell.command} ...", file=sys.stderr, flush=True)
        unfinished = cell.folder(root).with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        rlzoo.train(
            cell.algorithm,
            cell.environment,
            steps=cell.steps,
            seeds=cell.seeds,
            set=cell.settings,
            out=unfinished,
            workers=workers,
            command=cell.command,
        )
        unfinished.rename(cell.folder(root))
        print(f"    {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def returns(root: Path, cell: Cell) -> np.ndarray:
    """The mean return of each seed's last 100 training episodes, `[S]`."""
    return last_hundred(RunFolder(cell.folder(root)))


def row(root: Path, cell: Cell, base: np.ndarray) -> str:
    """A row of the table: the algorithm's returns, and how far each seed's are from those of DQN with that seed."""
    values = returns(root, cell)
    seeds = ", ".join(f"{value:.0f}" for value in values)
    return f"| `{cell.algorithm}` | {told(values)} | {difference(values - base)} | {seeds} |"


def difference(paired: np.ndarray) -> str:
    """Mean and confidence interval over seeds; empty if all are 0, as for DQN."""
    estimate = mean_estimate(paired)
    sure = "" if estimate.low is None else f" ({estimate.low:+.0f} to {estimate.high:+.0f})"
    return f"{paired.mean():+.0f}{sure}" if paired.any() else ""


def table(root: Path, environment: str, cells: Sequence[Cell]) -> None:
    """A row per algorithm that has been trained in the environment."""
    trained = [cell for cell in cells if cell.environment == environment and cell.folder(root).exists()]
    bases = [returns(root, cell) for cell in trained if cell.algorithm == BASE]
    if not bases:
        return
    print(f"\n{environment}, {trained[0].steps:,} steps\n")
    print(f"| algorithm | return | minus `{BASE}`, seed by seed | seeds |\n| --- | --- | --- | --- |")
    for cell in trained:
        print(row(root, cell, bases[0]))


def published_table(root: Path, cells: Sequence[Cell]) -> None:
    """Algorithms as CleanRL runs them."""
    print("| command | published | ours | seed by seed |\n| --- | --- | --- | --- |")
    for cell in cells:
        values = returns(root, cell)
        seeds = ", ".join(f"{value:.0f}" for value in values)
        print(f"| `{cell.command}` | {PUBLISHED[cell.algorithm]} | {told(values)} | {seeds} |")


def plot(root: Path, cells: Sequence[Cell], path: Path) -> None:
    """Means, intervals and single seeds of what has been trained, a panel per environment."""
    from matplotlib.figure import Figure

    trained = [cell for cell in cells if cell.folder(root).exists()]
    names = list(dict.fromkeys(cell.algorithm for cell in trained))[::-1]
    environments = list(dict.fromkeys(cell.environment for cell in trained))
    figure = Figure(figsize=(2 + 3.5 * len(environments), 1 + 0.32 * len(names)), layout="constrained")
    panels = dict(zip(environments, figure.subplots(1, len(environments), sharey=True, squeeze=False)[0], strict=True))
    for environment, axes in panels.items():
        axes.set(title=environment, xlabel="return of the last 100 training episodes")
        axes.grid(axis="x", alpha=0.3)
        axes.set_yticks(range(len(names)), names)
    for cell in trained:
        draw(panels[cell.environment], returns(root, cell), names.index(cell.algorithm))
    figure.savefig(path, dpi=150)


def draw(axes: Axes, values: np.ndarray, height: int) -> None:
    """Plot the seeds of one algorithm, their mean and its confidence interval."""
    estimate = mean_estimate(values)
    low, high = (estimate.value if bound is None else bound for bound in (estimate.low, estimate.high))
    axes.plot(values, np.full(len(values), height), "|", color="tab:blue", alpha=0.5)
    axes.plot([low, high], [height, height], color="black")
    axes.plot(values.mean(), height, "o", color="black")


def curves(root: Path, cell: Cell) -> Iterator[tuple[str, str, int, str, str, str]]:
    """Yield the points of a learning curve, from when every seed has finished an episode: mean and interval."""
    episodes = RunFolder(cell.folder(root)).table("episodes").sort_values(["seed", "step"])
    at = np.linspace(0, cell.steps, POINTS + 1)[1:]
    seeds = [
        value_at(rows["step"].to_numpy(), moving_average(rows["return"].to_numpy()), at)
        for _, rows in episodes.groupby("seed")
    ]
    for step, values in zip(at, np.transpose(seeds), strict=True):
        if np.isfinite(values).all():
            estimate = mean_estimate(values)
            bounds = (estimate.value, estimate.low, estimate.high)
            yield cell.algorithm, cell.environment, int(step), *(f"{bound:.2f}" for bound in bounds)


def write_curves(root: Path, cells: Sequence[Cell], path: Path) -> None:
    """Write the learning curves of what has been trained."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("algorithm", "environment", "step", "mean", "low", "high"))
        for cell in cells:
            if cell.folder(root).exists():
                table.writerows(curves(root, cell))


def available(names: Sequence[str]) -> list[str]:
    """The names of the installed algorithms; prints those that are missing."""
    there = open_catalog().names("algorithm")
    for name in names:
        if name not in there:
            print(f"{name} is not installed and is left out", file=sys.stderr)
    return [name for name in names if name in there]


def main() -> None:
    """Train the missing runs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--steps", type=int, default=30_000, help="per seed, of every algorithm")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", nargs="*", metavar="ALGORITHM", help="these instead of all")
    parser.add_argument("--published", action="store_true", help="500,000 steps beside CleanRL's figures instead")
    parser.add_argument("--workers", type=int, help="processes to split the seeds over; one per core, unless told")
    parser.add_argument("--plot", type=Path, help="where to draw the figure")
    parser.add_argument("--curves", type=Path, help="where to write the learning curves, as CSV")
    arguments = parser.parse_args()
    arguments.root.mkdir(parents=True, exist_ok=True)
    if arguments.published:
        names = available([name for name in PUBLISHED if name in (arguments.only or PUBLISHED)])
        cells = [Cell(name, "CartPole-v1", 500_000, arguments.seeds, {}) for name in names]
        train(arguments.root, cells, arguments.workers)
        published_table(arguments.root, cells)
        return
    names = available(arguments.only or ALGORITHMS)
    pairs = [(name, environment) for environment in ENVIRONMENTS for name in names]
    cells = [Cell(*pair, arguments.steps, arguments.seeds, SCALED) for pair in pairs]
    train(arguments.root, cells, arguments.workers)
    for environment in ENVIRONMENTS:
        table(arguments.root, environment, cells)
    if arguments.plot:
        plot(arguments.root, cells, arguments.plot)
    if arguments.curves:
        write_curves(arguments.root, cells, arguments.curves)


if __name__ == "__main__":
    main()
