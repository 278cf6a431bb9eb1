"""A run that exists only as tables: one of another program, or of rlzoo up to some step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import shown
from rlzoo.results.logs.log_file import SeedLog
from rlzoo.results.run_folder import RunFolder


class LoggedRun(RunFolder):
    """Tables of episodes and evaluations with numbered seeds; there is nothing else, such as weights."""

    def __init__(self, path: Path, manifest: dict[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
        self.path, self.manifest, self.tables = path, manifest, tables

    def table(self, name: str) -> pd.DataFrame:
        """Return `episodes` or `evaluations`. Raises BadInput if the log has none."""
        if name not in self.tables:
            raise BadInput(f"`{shown(self.path)}` has no {name}")
        return self.tables[name]


def logged(path: Path, seeds: Sequence[SeedLog]) -> LoggedRun:
    """The run that consists of these seeds, numbered from 0. Raises BadInput if their environments differ."""
    environments = list(dict.fromkeys(seed.environment for seed in seeds if seed.environment))
    if len(environments) > 1:
        several = ", ".join(environments)
        raise BadInput(f"`{shown(path)}` has logs of several environments: {several}; give one at a time")
    algorithm = next((seed.algorithm for seed in seeds if seed.algorithm), "") or path.name
    episodes = pd.concat([seed.episodes.assign(seed=number) for number, seed in enumerate(seeds)], ignore_index=True)
    manifest = _manifest(algorithm, next(iter(environments), ""), len(seeds), {})
    return LoggedRun(path, manifest, {"episodes": episodes})


def up_to(run: RunFolder, steps: int | None, environment: str) -> LoggedRun:
    """The run with its seeds numbered in order, without what came after `steps`, in an `environment` if unknown."""
    numbers = {seed: number for number, seed in enumerate(sorted(run.seeds))}
    tables = {}
    for name in ("episodes", "evaluations"):
        try:
            table = run.table(name)
        except BadInput:
            if name == "episodes":
                raise
            continue
        rows = table["seed"].isin(list(numbers)) & (True if steps is None else table["step"] <= steps)
        tables[name] = table[rows].assign(seed=table["seed"][rows].map(numbers))
    diverged = {numbers[seed]: step for seed, step in run.diverged.items() if steps is None or step <= steps}
    manifest = _manifest(run.algorithm, run.environment or environment, len(numbers), diverged)
    manifest["versions"] = run.manifest.get("versions", {})
    return LoggedRun(run.path, manifest, tables)


def _manifest(algorithm: str, environment: str, seeds: int, diverged: Mapping[int, int]) -> dict[str, Any]:
    components = {"environment": {"name": "", "options": {"id": environment}}}
    return {
        "status": "finished",
        "seeds": list(range(seeds)),
        "composition": {"algorithm": algorithm, "components": components, "train": {}},
        "counts": {str(seed): {"diverged_at": step} for seed, step in diverged.items()},
    }
