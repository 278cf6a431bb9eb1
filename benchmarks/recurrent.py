"""Agents with and without memory on tasks that need one: the table and the figure of docs/recurrent.md.

    python benchmarks/recurrent.py RUNS [--figure FILE]

Trains what is missing in the folder RUNS, and prints the table. Ten seeds each; returns are those of 50 greedy episodes
of each seed's final agent.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import rlzoo
from rlzoo.results.statistics import Estimate, mean_estimate

LENGTHS = (5, 10, 20, 40)
SEEDS = 10
CHAIN_STEPS, CART_STEPS = 30_000, 10_000
COMMON = {"train.eval_episodes": 50, "optimizer.lr": 3e-3}
REPLAY = {"train.learning_starts": 500, "train.update_every": 8}
SMALL = {"network.hidden": (16,), "network.units": 16, "objective.burn_in": 0}
PLAIN = {"train.n_step": 5, "objective.gamma": 0.997}


@dataclass(frozen=True)
class Cell:
    """An agent on a task."""

    task: str
    agent: str
    algorithm: str
    steps: int
    components: dict[str, str]
    settings: dict[str, Any]

    @property
    def env(self) -> str:
        return "memory/cart-pole" if self.task == "cart-pole" else "memory/chain"

    @property
    def command(self) -> str:
        given = [f"--{slot} {name}" for slot, name in self.components.items()]
        settings = {
            name: ",".join(map(str, value)) if name == "network.hidden" else value
            for name, value in self.settings.items()
        }
        given += [f"--set {name}={value}" for name, value in (COMMON | settings).items()]
        run = f"rlzoo run {self.algorithm} --env {self.env} --steps {self.steps} --seeds {SEEDS}"
        return f"{run} --eval-every {self.steps} {' '.join(given)}"

    def returns(self, folder: Path) -> np.ndarray:
        """The mean return of each seed's final agent, trained if it is not there."""
        place = folder / f"{self.task}-{self.agent}".replace(" ", "-")
        manifest = place / "manifest.json"
        if not manifest.exists() or json.loads(manifest.read_text())["status"] != "finished":
            shutil.rmtree(place, ignore_errors=True)
            rlzoo.train(
                self.algorithm,
                self.env,
                steps=self.steps,
                seeds=SEEDS,
                set={**COMMON, **self.settings, "train.eval_every": self.steps},
                out=place,
                **self.components,
            )
        evaluations = pd.read_csv(place / "evaluations.csv")
        return evaluations.groupby("seed")["return"].mean().to_numpy()


def cells() -> Iterator[Cell]:
    gru = {"network": "gru"}
    for length in LENGTHS:
        task, shared = f"chain {length}", {**REPLAY, "environment.length": length}
        yield Cell(task, "no memory", "double-dqn", CHAIN_STEPS, {}, {**shared, **PLAIN})
        yield Cell(task, "r2d2", "r2d2", CHAIN_STEPS, gru, {**shared, **SMALL, "objective.length": length + 6})
    drqn = {**REPLAY, **SMALL, "environment.length": 10, "objective.length": 16}
    yield Cell("chain 10", "drqn", "drqn", CHAIN_STEPS, gru, drqn)
    yield Cell("chain 10", "pqn-rnn", "pqn-rnn", CHAIN_STEPS, gru, {"environment.length": 10})
    for stack in (1, 4):
        name = "no memory" if stack == 1 else f"{stack} frames"
        settings = {**REPLAY, "train.update_every": 4, "environment.stack": stack, **PLAIN}
        yield Cell("cart-pole", name, "double-dqn", CART_STEPS, {"buffer": "prioritized"}, settings)
    yield Cell("cart-pole", "r2d2", "r2d2", CART_STEPS, gru, {**REPLAY, "train.update_every": 4})


def text(found: Estimate) -> str:
    """The mean and its interval; there is none where all seeds are equal."""
    interval = "" if found.low is None else f" ({found.low:.2f} to {found.high:.2f})"
    return f"{found.value:.2f}{interval}".replace("-", "−")


def draw(found: dict[tuple[str, str], np.ndarray], path: Path) -> None:
    """Returns over the length of the chain, and of CartPole without velocities."""
    from matplotlib.figure import Figure

    figure = Figure((9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for agent, marker in (("r2d2", "o"), ("no memory", "^")):
        estimates = [mean_estimate(found[f"chain {length}", agent]) for length in LENGTHS]
        means = np.array([it.value for it in estimates])
        spread = [[m - (it.low if it.low is not None else m) for m, it in zip(means, estimates, strict=True)]]
        left.errorbar(LENGTHS, means, yerr=spread * 2, marker=marker, capsize=3, label=agent)
    left.set_xscale("log", base=2)
    left.set_xticks(LENGTHS, [str(length) for length in LENGTHS])
    left.set(xlabel="length of the memory chain", ylabel="return of the final agent", ylim=(-0.6, 1.2))
    left.axhline(0, color="0.7", linewidth=1, zorder=0)
    left.legend(frameon=False, loc="lower left")
    agents = [agent for task, agent in found if task == "cart-pole"]
    for place, agent in enumerate(agents):
        returns = found["cart-pole", agent]
        estimate = mean_estimate(returns)
        right.plot(np.linspace(-0.12, 0.12, len(returns)) + place, returns, "o", color="0.6", markersize=4)
        low, high = (estimate.value if it is None else it for it in (estimate.low, estimate.high))
        right.errorbar(
            [place + 0.25],
            [estimate.value],
            yerr=[[estimate.value - low], [high - estimate.value]],
            marker="s",
            capsize=4,
            color="C0",
        )
    right.set_xticks(range(len(agents)), agents)
    right.set(ylabel="return of the final agent", title="CartPole without velocities", ylim=(0, 510))
    left.set_title("Memory chain")
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args()
    found = {}
    for cell in cells():
        returns = found[cell.task, cell.agent] = cell.returns(options.runs)
        print(f"| {cell.task} | {cell.agent} | {text(mean_estimate(returns))} | `{cell.command}` |", flush=True)
    if options.figure:
        draw(found, options.figure)


if __name__ == "__main__":
    main()
