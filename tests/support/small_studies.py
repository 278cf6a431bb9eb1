"""Small fabricated studies: plans, and run folders with given episodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path

import msgspec
import numpy as np

from rlzoo.results.run_folder import RunFolder
from rlzoo.studies.design.plan import Cell, Design, Plan
from rlzoo.studies.execution.trials import Trial

EPISODES = 120
EVERY = 10
Episodes = Mapping[int, Sequence[float]]
"""Seed to the returns of its episodes, `EVERY` steps apart."""
Returns = Callable[[str, str, int], float]
"""Cell, environment and seed to the return of each of its episodes."""
FACTORS = {"target": ["hard", "soft", "none"], "buffer": ["uniform", "recent"]}


def plan_of(
    cells: Sequence[Cell],
    *,
    factors: Mapping[str, list[str]] | None = None,
    design: Design = "list",
    environments: Sequence[str] = ("A-v0",),
    seeds: int = 10,
    thresholds: Mapping[str, float] | None = None,
) -> Plan:
    """A plan whose base is the first cell."""
    return Plan(
        name="made up",
        algorithm="dqn",
        design=design,
        factors=dict(factors or {}),
        cells=list(cells),
        base=cells[0].name,
        environments=list(environments),
        seeds=list(range(seeds)),
        steps=EVERY * EPISODES,
        thresholds=dict(thresholds or {}),
    )


def variants(*names: str) -> list[Cell]:
    return [Cell(name=name, levels={}, algorithm="dqn") for name in names]


def cell_of(**levels: str) -> Cell:
    name = ", ".join(f"{factor}={level}" for factor, level in levels.items())
    return Cell(name=name, levels=levels, algorithm="dqn")


def crossed(factors: Mapping[str, list[str]] = FACTORS) -> list[Cell]:
    """The cells of a full factorial."""
    return [cell_of(**dict(zip(factors, levels, strict=True))) for levels in product(*factors.values())]


def write_trial(
    path: Path,
    cell: str,
    environment: str,
    episodes: Episodes,
    evaluations: Mapping[int, Sequence[float]] | None = None,
    diverged: Mapping[int, int] | None = None,
    steps: int = EVERY * EPISODES,
) -> Trial:
    """A run folder with everything that an analysis reads. Evaluations are 100 steps apart, with two episodes each."""
    counts = {
        str(seed): {
            "steps": (diverged or {}).get(seed, steps),
            "episodes": len(item),
            "diverged_at": (diverged or {}).get(seed),
        }
        for seed, item in episodes.items()
    }
    manifest = {
        "composition": {},
        "seeds": list(episodes),
        "status": "finished",
        "counts": counts,
        "versions": {"rlzoo": "0.1.0"},
    }
    path.mkdir(parents=True)
    path.joinpath("manifest.json").write_bytes(msgspec.json.encode(manifest))
    rows = [f"{seed},{EVERY * (n + 1)},{r}" for seed, item in episodes.items() for n, r in enumerate(item)]
    path.joinpath("episodes.csv").write_text("\n".join(["seed,step,return", *rows]))
    if evaluations is not None:
        rows = [
            f"{seed},{100 * (n + 1)},{r + noise}"
            for seed, item in evaluations.items()
            for n, r in enumerate(item)
            for noise in (-1, 1)
        ]
        path.joinpath("evaluations.csv").write_text("\n".join(["seed,step,return", *rows]))
    return Trial(cell, environment, RunFolder(path))


def write_study(
    plan: Plan, folder: Path, returns: Returns, diverged: Mapping[tuple[str, str, int], int] | None = None
) -> list[Trial]:
    """A trial for each cell that trains in each environment; all episodes of a seed have the same return."""
    trials = []
    for n, (cell, environment) in enumerate(product(plan.runnable, plan.environments)):
        earned = {seed: returns(cell.name, environment, seed) for seed in plan.seeds}
        diverged_at = {seed: at for (*there, seed), at in (diverged or {}).items() if there == [cell.name, environment]}
        episodes = {seed: np.full(EPISODES, value).tolist() for seed, value in earned.items()}
        evaluations = {seed: [value] for seed, value in earned.items()}
        trials.append(write_trial(folder / str(n), cell.name, environment, episodes, evaluations, diverged_at))
    return trials
