"""The result of a run, read from its folder."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlzoo.contracts import Composition
from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import Catalog
from rlzoo.results.agent import Agent
from rlzoo.results.files import shown
from rlzoo.results.final_returns import over_seeds, returns_of
from rlzoo.results.notebook import curve_html, table_html
from rlzoo.results.run_folder import RunFolder
from rlzoo.results.seed_table import seed_columns, seed_rows

if TYPE_CHECKING:
    import pandas as pd


class Result:
    """A run read from its folder. Raises BadInput if `path` does not contain a run.

    Args:
        path: the folder of the run.
        catalog: where the components of the run are looked up.
    """

    def __init__(self, path: Path, catalog: Catalog) -> None:
        self.folder = RunFolder(path)
        self._catalog = catalog

    @property
    def path(self) -> Path:
        """The folder of the run."""
        return self.folder.path

    @property
    def manifest(self) -> dict[str, Any]:
        """The contents of manifest.json: the composition, seeds, status, counts and versions."""
        return self.folder.manifest

    @property
    def composition(self) -> Composition:
        """The algorithm with every choice made. Raises BadInput if a plugin it needs is not installed."""
        return self.folder.composition(self._catalog)

    @property
    def seeds(self) -> list[int]:
        """The seeds of the run."""
        return self.folder.seeds

    @property
    def episodes(self) -> pd.DataFrame:
        """Finished training episodes: `seed, episode, step, return, length, terminated, truncated`."""
        return self.folder.table("episodes")

    @property
    def metrics(self) -> pd.DataFrame:
        """Metrics such as the loss and mean Q value: `seed, step, update` and a column for each metric."""
        return self.folder.table("metrics")

    @property
    def evaluations(self) -> pd.DataFrame:
        """Greedy evaluation episodes. Raises BadInput unless the run had `eval_every`."""
        return self.folder.table("evaluations")

    def __repr__(self) -> str:
        return f"<Result {shown(self.path)}: {self._title()}>"

    def _repr_html_(self) -> str:
        table = table_html(
            seed_columns(offline=self.folder.is_offline), seed_rows(self.manifest, self._final_returns())
        )
        curve = curve_html(self.folder) if self._final_returns() else ""
        return f"<p>{escape(self._title())}<br><code>{escape(str(self.path))}</code></p>{table}{curve}"

    def _title(self) -> str:
        """The algorithm, environment, seeds, status and mean return of the run."""
        seeds = "1 seed" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        facts = [f"{self.folder.algorithm} on {self.folder.environment}", seeds, self.folder.status]
        returns = list(self._final_returns().values())
        return ", ".join([*facts, *([f"mean return {over_seeds(returns)}"] if returns else [])])

    def _final_returns(self) -> dict[int, float]:
        try:
            return returns_of(self.folder)
        except BadInput:  # interrupted before the table was written
            return {}

    def agent(self, seed: int, weights: Kept = "last") -> Agent:
        """Return the trained agent of a seed, with its last weights or those of its best evaluation.

        Raises BadInput if the seed is not part of the run, or has no such weights.
        """
        if seed not in self.seeds:
            raise BadInput(f"seed {seed} is not in `{shown(self.path)}`; its seeds: {', '.join(map(str, self.seeds))}")
        return Agent(self.composition, seed, self.folder.weights(seed, weights))


class Interrupted(KeyboardInterrupt):
    """A run was interrupted; `result` has everything up to then."""

    def __init__(self, result: Result) -> None:
        super().__init__(f"results up to then are in `{shown(result.path)}`")
        self.result = result
