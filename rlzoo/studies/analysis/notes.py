"""Notes on methods: how the numbers of a study were computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlzoo.contracts.log import WINDOW
from rlzoo.results.statistics import FEWEST_SEEDS
from rlzoo.studies.analysis.effects import factorial_scores
from rlzoo.studies.analysis.measures import FINAL, STEPS
from rlzoo.studies.analysis.score_table import ScoreTable, is_complete
from rlzoo.studies.analysis.tables import RunScore
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.numbers import count
from rlzoo.studies.statistics.sequential import Looks

METHODS = (
    "Cells: inter-quartile mean over seeds with a {confidence} CI by stratified bootstrap (Agarwal et al., 2021). Its "
    "percentiles are expanded for small numbers of seeds (Hesterberg, 2015).",
    "Differences: mean over seeds of cell minus base, with the interval and p value of the paired t test. Holm's "
    "correction covers all comparisons of one measure; the detectable difference is uncorrected. The effect size is "
    "Hedges' g of the paired differences.",
    "Conclusions: Holm's correction covers all tests behind them together. The difference detectable with 80% power "
    "takes the correction into account.",
    "Probability of improvement: over all pairs of runs, ties counting half, with Newcombe's interval. Profiles: the "
    "share of runs above each score, with Wilson's interval.",
    f"With fewer than {FEWEST_SEEDS} seeds there are no intervals: where a third of all runs collapse, "
    "so few seeds often contain no collapsed run, and no interval would have its nominal coverage.",
)
OVERALL = (
    "All environments: scores are normalized per environment. The lowest score of any run of the study is 0 and the "
    "highest is 1; for returns these are the worst and the best run, for steps the reverse. These two constants are "
    "treated as known. Differences average the normalized scores of each seed first."
)
LOGS = (
    "These runs were not trained by one study: their seeds are numbered and paired in order. Where they share no "
    "randomness, as in different programs, pairing narrows no interval."
)
EFFECTS = (
    "Effects: repeated-measures analysis of variance with seeds as blocks and the Greenhouse–Geisser correction. "
    "Holm's correction covers all effects of one measure."
)


def method_notes(plan: Plan, runs: Sequence[RunScore], scores: ScoreTable, looks: Looks) -> list[str]:
    """Everything a reader needs to know about how this study's numbers were computed."""
    return [
        *plan.confounds,
        *(method.format(confidence=looks.confidence) for method in METHODS),
        *([OVERALL] if len(plan.environments) > 1 else []),
        *([LOGS] if any(cell.source for cell in plan.cells) else []),
        *_factorial(plan, scores),
        *_losses(runs),
        *_thresholds(plan, runs),
        *_looks(looks),
    ]


def _factorial(plan: Plan, scores: ScoreTable) -> list[str]:
    if plan.design != "full":
        return []
    notes = [EFFECTS]
    for environment in plan.environments:
        by_seed = scores.by_seed(FINAL, environment)
        values = factorial_scores(plan, scores, by_seed)
        if values is None:
            return ["Effects: not available, since some cells of the factorial are invalid. Differences still hold."]
        trained = int(np.isfinite(by_seed).any(0).sum())
        if len(values) < trained:
            notes.append(
                f"Effects in {environment} use {count(len(values), 'seed')}; the other {trained - len(values)} are not "
                "available in every cell."
            )
    return notes


def _losses(runs: Sequence[RunScore]) -> list[str]:
    total = count(len(runs), "run")
    diverged, failed, missing = (
        sum(run.status == status for run in runs) for status in ("diverged", "failed", "missing")
    )
    notes = []
    if diverged:
        notes.append(
            f"{diverged} of {total} diverged. From that step on, a diverged run scores the lowest mean of {WINDOW} "
            "episodes (or of an evaluation) of any run of the study in that environment."
        )
    empty = sum(is_complete(run) and run.scores[FINAL] is None for run in runs)
    if empty:
        notes.append(
            f"{empty} of {total} finished no episode. They have no return and are left out of all comparisons."
        )
    if failed or missing:
        notes.append(f"{failed} of {total} failed and {missing} have not been trained; these are left out.")
    return notes


def _thresholds(plan: Plan, runs: Sequence[RunScore]) -> list[str]:
    notes = []
    for environment, threshold in plan.thresholds.items():
        complete = [run for run in runs if run.environment == environment and is_complete(run)]
        never = sum(run.scores[STEPS] is None for run in complete)
        if complete and never == len(complete):
            notes.append(
                f"No run reached the threshold of {threshold:g} in {environment}; steps to threshold are left out."
            )
        elif never:
            notes.append(
                f"{never} of {count(len(complete), 'run')} in {environment} never reached the threshold of "
                f"{threshold:g} (mean of {WINDOW} episodes). They score the length of a run, a lower bound, so "
                "differences in steps to threshold are underestimated."
            )
    return notes


def _looks(looks: Looks) -> list[str]:
    if len(looks.sizes) < 2:
        return []
    sizes = f"{', '.join(map(str, looks.sizes[:-1]))} or {looks.sizes[-1]}"
    return [
        f"Seeds were added until the intervals were narrow enough, with interim looks at {sizes} seeds. Every "
        f"interval has a level of {looks.confidence}, and every p value is the probability of one as small at any look "
        "(Pocock, 1977), so that the intervals of all looks together have 95% coverage, whenever the study stopped."
    ]
