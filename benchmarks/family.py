"""The value-based algorithms side by side: the tables, the figure and the learning curves of docs/family.md.

What is missing of the study `benchmarks/studies/family.toml` is trained first, as by `rlzoo ablate`; what is there is
only read.

    python benchmarks/family.py studies/family --plot docs/images/family.png --curves docs/family.csv
    python benchmarks/family.py studies/family --env CartPole-v1    # hours instead of a night
    python benchmarks/family.py studies/family --cost               # what training takes, in a quarter of an hour
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import measuring
import numpy as np
import pandas as pd
from measuring import alternate, rate, ratios, spread
from timed_training import job

import rlzoo
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.execution.study import Study
from rlzoo.studies.study_result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUESTION = Path(__file__).parent / "studies" / "family.toml"


def table(study: StudyResult, environment: str) -> None:
    """Print a row per algorithm that has been trained in the environment."""
    base = study.plan.base
    print(f"\n{environment}\n")
    print(f"| algorithm | return at the end | over training | minus `{base}`, seed by seed | seeds |")
    print("| --- | --- | --- | --- | --- |")
    returns, areas = of(study.estimates, environment), of(study.estimates, environment, "auc")
    differences = of(study.comparisons, environment)
    for cell, values in seeds(study, environment).items():
        row = [f"`{cell}`", *(interval(estimates.loc[cell], "value", "") for estimates in (returns, areas))]
        row.append("" if cell == base else interval(differences.loc[cell], "difference", "difference_", sign="+"))
        print(f"| {' | '.join(row)} | {', '.join(f'{value:.0f}' for value in values)} |")


def of(rows: pd.DataFrame, environment: str, measure: str = "final") -> pd.DataFrame:
    """The rows about a measure in an environment, by cell."""
    return rows[(rows["measure"] == measure) & (rows["environment"] == environment)].set_index("cell")


def interval(row: pd.Series[float], value: str, prefix: str, sign: str = "") -> str:
    """An estimate with its interval: `488.4 (477.8 to 496.4)`."""
    center, low, high = (f"{row[key]:{sign}.1f}" for key in (value, f"{prefix}low", f"{prefix}high"))
    return f"{center} ({low} to {high})"


def seeds(study: StudyResult, environment: str) -> dict[str, np.ndarray]:
    """Cell -> the mean return of each seed's last 100 training episodes, `[S]`, of what has been trained."""
    runs = study.runs
    found = runs[(runs["environment"] == environment) & (runs["status"] == "finished")].sort_values("seed")
    cells = [cell.name for cell in study.plan.cells if cell.name in set(found["cell"])]
    return {cell: found.loc[found["cell"] == cell, "final"].to_numpy() for cell in cells}


def costs(plan: Plan, environment: str, rounds: int) -> None:
    """Print what a million steps of each algorithm take, ten seeds side by side in one process, in turns."""
    measured = alternate({cell.name: partial(cost, cell.algorithm, environment) for cell in plan.cells}, rounds)
    print()
    measuring.table(environment, "seconds per million steps", f"times `{plan.base}`")
    for cell, found in measured.items():
        times = "1" if cell == plan.base else spread(ratios(found, measured[plan.base]))
        measuring.row(f"`{cell}`", spread(found), times)


def cost(algorithm: str, environment: str) -> float:
    """Seconds of the processor per million steps of all seeds, from the first update on."""
    short = job(range(10), algorithm, environment, train__steps=6_000, train__learning_starts=1_000)
    return 1e6 / rate([*short, "--clock", "cpu"])


def plot(study: StudyResult, path: Path) -> None:
    """Draw inter-quartile means, intervals and single seeds, a panel per environment."""
    from matplotlib.figure import Figure

    names = [cell.name for cell in study.plan.cells][::-1]
    environments = study.plan.environments
    figure = Figure(figsize=(2 + 3.5 * len(environments), 1 + 0.32 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(environments), sharey=True, squeeze=False)[0]
    for environment, axes in zip(environments, panels, strict=True):
        axes.set(title=environment, xlabel="return of the last 100 training episodes")
        axes.grid(axis="x", alpha=0.3)
        axes.set_yticks(range(len(names)), names)
        estimates = of(study.estimates, environment)
        for cell, values in seeds(study, environment).items():
            draw(axes, values, estimates.loc[cell], names.index(cell))
    figure.savefig(path, dpi=150)


def draw(axes: Axes, values: np.ndarray, estimate: pd.Series[float], height: int) -> None:
    """Plot the seeds of one algorithm, their inter-quartile mean and its confidence interval."""
    axes.plot(values, np.full(len(values), height), "|", color="tab:blue", alpha=0.5)
    axes.plot(estimate[["low", "high"]], [height, height], color="black")
    axes.plot(estimate["value"], height, "o", color="black")


def write_curves(study: StudyResult, path: Path) -> None:
    """Write every second point of each learning curve, from when every seed has finished an episode."""
    curves = study.curves
    points = curves[curves.groupby(["cell", "environment"]).cumcount() % 2 == 1].dropna()
    points = points.rename(columns={"cell": "algorithm"}).round({"step": 0}).astype({"step": int})
    points.to_csv(path, index=False, float_format="%.2f", lineterminator="\n")


def main() -> None:
    """Train what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path, help="the folder of the study")
    parser.add_argument("--env", action="append", default=[], help="this instead of all three; may be repeated")
    parser.add_argument("--workers", type=int, help="processes; one per core, unless told")
    parser.add_argument("--plot", type=Path, help="where to draw the figure")
    parser.add_argument("--cost", action="store_true", help="train nothing, and measure what training takes")
    parser.add_argument("--curves", type=Path, help="where to write the learning curves, as CSV")
    arguments = parser.parse_args()
    if arguments.cost:
        plan = Study.open(arguments.study).plan
        for environment in arguments.env or plan.environments:
            costs(plan, environment, rounds=3)
        return
    study = rlzoo.ablate(source=QUESTION, env=arguments.env, out=arguments.study, workers=arguments.workers)
    for environment in study.plan.environments:
        table(study, environment)
    if arguments.plot:
        plot(study, arguments.plot)
    if arguments.curves:
        write_curves(study, arguments.curves)


if __name__ == "__main__":
    main()
