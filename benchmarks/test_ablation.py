"""The time of the statistics and the report of a study: 100 cells, 30 seeds each, 400 episodes per seed."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rlzoo.results.run_folder import RunFolder
from rlzoo.studies.analysis.analyse import analyse
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.execution.trials import Trial
from rlzoo.studies.report import write_report

LEVELS, SEEDS, EPISODES, EVERY = 10, 30, 400, 100


@pytest.fixture(scope="module")
def plan() -> Plan:
    factors = {name: [str(level) for level in range(LEVELS)] for name in ("a", "b")}
    cells = [
        Cell(name=f"a={a}, b={b}", levels={"a": a, "b": b}, algorithm="dqn") for a, b in product(*factors.values())
    ]
    return Plan(
        name="large",
        algorithm="dqn",
        design="full",
        factors=factors,
        cells=cells,
        base=cells[0].name,
        environments=["CartPole-v1"],
        seeds=list(range(SEEDS)),
        steps=EPISODES * EVERY,
        thresholds={"CartPole-v1": 200},
    )


@pytest.fixture(scope="module")
def trials(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    folder = tmp_path_factory.mktemp("trials")
    return [_trial(folder / str(n), cell.name, np.random.default_rng(n)) for n, cell in enumerate(plan.cells)]


def test_statistics(benchmark, plan: Plan, trials: list[Trial]) -> None:
    analysis = benchmark.pedantic(analyse, (plan, trials), rounds=1)
    assert len(analysis.comparisons) == 99 * len(analysis.measures)


def test_statistics_and_page(benchmark, plan: Plan, trials: list[Trial], tmp_path: Path) -> None:
    def answer() -> None:
        write_report(analyse(plan, trials), tmp_path)

    benchmark.pedantic(answer, rounds=1)
    assert (tmp_path / "report.html").stat().st_size < 10_000_000


def _trial(path: Path, cell: str, rng: np.random.Generator) -> Trial:
    path.mkdir()
    counts = {str(seed): {"steps": EPISODES * EVERY, "diverged_at": None} for seed in range(SEEDS)}
    manifest = {"composition": {}, "seeds": list(range(SEEDS)), "status": "finished", "counts": counts}
    path.joinpath("manifest.json").write_bytes(msgspec.json.encode(manifest))
    returns = np.linspace(20, 300, EPISODES) + rng.normal(0, 50, (SEEDS, 1)) + rng.normal(0, 20, (SEEDS, EPISODES))
    lines = [f"{s},{EVERY * (n + 1)},{value:.1f}" for s in range(SEEDS) for n, value in enumerate(returns[s])]
    path.joinpath("episodes.csv").write_text("\n".join(["seed,step,return", *lines]))
    return Trial(cell, "CartPole-v1", RunFolder(path))
