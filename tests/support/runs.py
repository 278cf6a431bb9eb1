"""Folders of runs: written by hand, so that their contents are known, or really trained within a moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from rlzoo.api import train
from rlzoo.registry.composition import compose
from rlzoo.results.result import Result
from rlzoo.results.run_folder import RunFolder

from support.tiny import CATALOG

Row = tuple[int, int, float]
"""Seed, step and return of an episode that is as long as its return."""


def write_run(
    path: Path,
    episodes: Sequence[Row] = (),
    evaluations: Sequence[Row] | None = None,
    *,
    seeds: Sequence[int] = (0, 1),
    status: str = "finished",
    diverged: dict[int, int] | None = None,
) -> RunFolder:
    """A folder in which these episodes were trained, and played in evaluations; other seeds did not train."""
    steps = {seed: [step for other, step, _ in episodes if other == seed] for seed, _, _ in episodes}
    counts = {
        str(seed): {"steps": max(own), "episodes": len(own), "diverged_at": (diverged or {}).get(seed)}
        for seed, own in steps.items()
    }
    composition = compose(CATALOG, "dqn").to_dict()
    manifest = {"composition": composition, "seeds": list(seeds), "status": status, "counts": counts}
    path.mkdir()
    path.joinpath("manifest.json").write_bytes(msgspec.json.encode(manifest))
    tables = {"episodes": episodes} | ({} if evaluations is None else {"evaluations": evaluations})
    for name, rows in tables.items():
        lines = [f"{seed},{step},{value},{round(value)}" for seed, step, value in rows]
        path.joinpath(f"{name}.csv").write_text("\n".join(("seed,step,return,length", *lines)))
    return RunFolder(path)


def train_tiny(path: str | Path, env: str = "rlzoo-tests/Counting-v0", algorithm: str = "dqn", **more: Any) -> Result:
    """A real run, of two seeds and a hundred steps with an update every ten, unless told otherwise."""
    small = {"train.learning_starts": 20, "train.batch_size": 8, "train.log_every": 25}
    settings = (small if algorithm == "dqn" else {}) | more.pop("set", {})
    return train(algorithm, env, **{"steps": 100, "seeds": 2, "catalog": CATALOG, "out": path, "set": settings, **more})
