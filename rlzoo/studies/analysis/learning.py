"""Whether any cell of a study learned anything: whether it is better than a random policy."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from rlzoo.contracts import RandomReturn
from rlzoo.results.statistics import standard_error
from rlzoo.studies.analysis.measures import FINAL
from rlzoo.studies.analysis.tables import Conclusion, RunScore
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.numbers import number


def with_unlearned(plan: Plan, runs: Sequence[RunScore], conclusions: Sequence[Conclusion]) -> list[Conclusion]:
    """The conclusions; where no cell learned in an environment, those about it begin by saying so."""
    unlearned = [_unlearned(name, plan) for name in plan.environments if _no_cell_learned(plan, runs, name)]
    scopes = dict.fromkeys(it.environment for it in (*conclusions, *unlearned))
    return [it for scope in scopes for it in (*unlearned, *conclusions) if it.environment == scope]


def _no_cell_learned(plan: Plan, runs: Sequence[RunScore], environment: str) -> bool:
    random = plan.random_returns.get(environment)
    cells: dict[str, list[float]] = {}
    for run in runs:
        score = run.scores.get(FINAL)
        if run.environment == environment and score is not None:
            cells.setdefault(run.cell, []).append(score)
    return random is not None and bool(cells) and not any(_learned(scores, random) for scores in cells.values())


def _learned(scores: Sequence[float], random: RandomReturn) -> bool:
    """Whether the mean final return over seeds is significantly above that of a random policy."""
    error = standard_error(np.array(scores)) if len(scores) > 1 else 0.0
    return random.exceeded_by(fmean(scores), error)


def _unlearned(environment: str, plan: Plan) -> Conclusion:
    random = plan.random_returns[environment].mean
    text = f"No cell has a final return significantly above that of a random policy, {number(random)}."
    return Conclusion("learning", environment, "no cell learned", text)
