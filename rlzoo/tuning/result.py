"""The result of a search."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rlzoo.registry.catalog import SLOTS
from rlzoo.registry.options import as_text
from rlzoo.results.statistics import Estimate, mean_estimate
from rlzoo.studies.analysis.tables import Comparison
from rlzoo.studies.numbers import count, half_width, number, p_equals, signed
from rlzoo.studies.study_result import StudyResult
from rlzoo.tuning.base import Base
from rlzoo.tuning.search import MEASURE, TUNED, Search
from rlzoo.tuning.space import default_in

PAGE = "report.html"


@dataclass(frozen=True)
class TuningResult:
    """What a search found, and how it does on fresh seeds."""

    path: Path
    """The folder of the search."""
    search: Search
    base: Base
    """What all trials have in common: the default."""
    trials: pd.DataFrame
    """One row per trial: `trial, state, steps, score`, and a column for each setting that was searched."""
    best_trial: int
    """The number of the trial with the highest score."""
    best: Mapping[str, Any]
    """Its settings."""
    comparison: StudyResult | None
    """The default and the best settings on fresh seeds, as `rlzoo.ablate` compares them; None if the default won."""

    @property
    def report(self) -> Path:
        """The page of the search."""
        return self.path / PAGE

    @property
    def command(self) -> str:
        """The command that trains with the best settings."""
        search = self.search
        return shlex.join(["rlzoo", "run", search.algorithm, "--env", search.environment, *self._options()])

    @property
    def default_trial(self) -> int | None:
        """The number of the trial with the default settings, the first one; None if they are outside of the space."""
        return 0 if default_in(self.base.compose(), self.search.space) is not None else None

    def searched(self, trial: int) -> float | None:
        """The score of a trial in the search, the mean over its seeds; None if it did not train to its end."""
        row = self.trials.to_dict("records")[trial]
        return float(row["score"]) if row["state"] == "complete" else None

    def tested(self, cell: str) -> Estimate | None:
        """The mean score of the default or the tuned settings on the fresh seeds, with its interval."""
        if self.comparison is None:
            return None
        runs = [run for run in self.comparison.analysis.runs if run.cell == cell]
        scores = [score for run in runs if (score := run.scores.get(MEASURE)) is not None]
        return mean_estimate(np.array(scores)) if scores else None

    @property
    def difference(self) -> Comparison | None:
        """The tuned settings minus the default on the fresh seeds, paired by seed."""
        if self.comparison is None:
            return None
        found = [part for part in self.comparison.analysis.comparisons if part.measure == MEASURE]
        return next((part for part in found if part.cell == TUNED), None)

    @property
    def verdict(self) -> str:
        """What the comparison on fresh seeds says, in a sentence."""
        seeds, difference = count(len(self.search.test_seeds), "fresh seed"), self.difference
        if self.comparison is None:
            return "No settings were better than the default."
        if difference is None:
            return "The tuned settings could not be compared with the default: see the failures of the comparison."
        low, high = difference.difference.low, difference.difference.high
        change = f"{signed(difference.difference.value, half_width(difference.difference))}"
        if low is None or high is None or difference.p_value is None:
            return f"On {seeds}, the tuned settings differ from the default by {change}; too few seeds for an interval."
        interval = f"95% CI {number(low, high - low)} to {number(high, high - low)}, {p_equals(difference.p_value)}"
        found = "better" if low > 0 else "worse" if high < 0 else "not significantly different"
        than = "from" if found.startswith("not") else "than"
        return f"On {seeds}, the tuned settings are {found} {than} the default: {change} ({interval})."

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={as_text(value)}" for name, value in self.best.items())
        return f"TuningResult({str(self.path)!r}: {settings})\n  {self.verdict}"

    def _options(self) -> Iterator[str]:
        search = self.search
        if search.preset is not None:
            yield from ("--preset", search.preset)
        values = {**search.components, **search.settings, **self.best}
        for name, value in values.items():
            yield from (f"--{name}", str(value)) if name in SLOTS else ("--set", f"{name}={as_text(value)}")
