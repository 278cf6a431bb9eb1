"""Compare rlzoo with published results: the tables of docs/benchmarks.md.

Each run is an ordinary `rlzoo run`; what is missing in the folder is trained first (hours on one core for the long
ones), what is there is only read.

    python benchmarks/parity.py runs/parity            # everything
    python benchmarks/parity.py runs/parity dqn-130 dqn-130-as-printed
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rlzoo.results.run_folder import RunFolder
from rlzoo.results.statistics import mean_estimate

PRINTED = {
    10: (84.9, 0.4864),
    50: (79.48, 0.3025),
    100: (87.06, 0.1311),
    150: (99.99, 0.0337),
    200: (117.69, 0.0129),
    250: (128.12, 0.0117),
}
"""What the article printed, one seed: the mean return of all episodes so far, and the loss of the latest update."""


@dataclass(frozen=True)
class Target:
    """A published figure: the mean training return of the last 100 episodes, and its deviation over seeds."""

    name: str
    command: tuple[str, ...]
    published: str


FINAL = (
    Target("dqn-cartpole", ("dqn", "--env", "CartPole-v1", "--seeds", "10"), "488.69 ± 16.11 (3 seeds)"),
    Target(
        "c51-cartpole", ("c51", "--env", "CartPole-v1", "--steps", "500k", "--seeds", "10"), "481.20 ± 20.53 (3 seeds)"
    ),
    Target("dqn-mountaincar", ("dqn", "--env", "MountainCar-v0", "--seeds", "10"), "−194.95 ± 8.48 (3 seeds)"),
)
EVERY_STEP = ("--seeds", "100", "--set", "train.log_every=1")
CURVES = (
    Target("dqn-130-as-printed", ("dqn-130-as-printed", *EVERY_STEP), "printed"),
    Target("dqn-130", ("dqn-130", *EVERY_STEP), "described"),
)


def folder(root: Path, target: Target) -> RunFolder:
    """The finished run of a target, trained now if it does not exist."""
    path = root / target.name
    if not path.exists():
        command = [str(Path(sys.executable).with_name("rlzoo")), "run", *target.command, "--out", str(path)]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return RunFolder(path)


def last_hundred(run: RunFolder) -> np.ndarray:
    """The mean return of each seed's last 100 training episodes, `[S]`."""
    episodes = run.table("episodes").sort_values(["seed", "episode"])
    return episodes.groupby("seed")["return"].apply(lambda returns: returns.tail(100).mean()).to_numpy()


def averages(run: RunFolder) -> dict[int, np.ndarray]:
    """Episode number -> each seed's mean return of all episodes up to it, `[S]`."""
    episodes = run.table("episodes")
    upto = {number: episodes[episodes["episode"] <= number] for number in PRINTED}
    return {number: rows.groupby("seed")["return"].mean().to_numpy() for number, rows in upto.items()}


def losses(run: RunFolder) -> dict[int, np.ndarray]:
    """Number of an update -> each seed's loss in it, `[S]`."""
    metrics = run.table("metrics").dropna(subset="loss")
    return {number: metrics.loc[metrics["update"] == number, "loss"].to_numpy() for number in PRINTED}


def told(values: np.ndarray) -> str:
    """Mean, deviation and interval over seeds."""
    estimate = mean_estimate(values)
    sure = "" if estimate.low is None else f", 95% CI {estimate.low:.1f} to {estimate.high:.1f}"
    return f"{values.mean():.2f} ± {values.std(ddof=1):.2f}{sure} ({len(values)} seeds)"


def final_table(root: Path, targets: list[Target]) -> None:
    """A row per target: published, ours, and the seeds one by one."""
    print("| command | published | ours | seed by seed |\n| --- | --- | --- | --- |")
    for target in targets:
        values = last_hundred(folder(root, target))
        seeds = ", ".join(f"{value:.0f}" for value in values)
        print(f"| `rlzoo run {' '.join(target.command)}` | {target.published} | {told(values)} | {seeds} |")


def curve_table(root: Path, target: Target) -> None:
    """Printed beside ours, a row per episode number; then how many seeds begin as well as the printed one."""
    run = folder(root, target)
    returns, lost = averages(run), losses(run)
    print(f"\n`rlzoo run {' '.join(target.command)}`\n")
    print(
        "| episode | return, printed | return, ours | loss, printed | loss, ours |\n| ---: | ---: | --- | ---: | --- |"
    )
    for number, (printed, loss) in PRINTED.items():
        ours = f"{told(returns[number])} | {loss} | {lost[number].mean():.4f} ± {lost[number].std(ddof=1):.4f}"
        print(f"| {number} | {printed} | {ours} |")
    high = int((returns[10] >= PRINTED[10][0]).sum())
    best = returns[10].argmax()
    print(f"\nSeeds whose first ten episodes return {PRINTED[10][0]} or more: {high} of {len(returns[10])}.")
    print(f"The seed that begins best goes from {returns[10][best]:.1f} to {returns[250][best]:.1f}; its losses:")
    print(", ".join(f"{lost[number][best]:.4f} ({number})" for number in PRINTED) + ".")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("names", nargs="*", help="all of them, if none is named")
    arguments = parser.parse_args()
    final = [target for target in FINAL if target.name in (arguments.names or [target.name])]
    curves = [target for target in CURVES if target.name in (arguments.names or [target.name])]
    if final:
        final_table(arguments.root, final)
    for target in curves:
        curve_table(arguments.root, target)


if __name__ == "__main__":
    main()
