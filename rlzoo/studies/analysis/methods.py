"""How the numbers of a study were made, in words that go with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlzoo.contracts.log import WINDOW
from rlzoo.results.statistics import FEWEST_SEEDS
from rlzoo.studies.analysis.contrasts import factorial
from rlzoo.studies.analysis.measures import FINAL, STEPS
from rlzoo.studies.analysis.scores import Scores, trained_whole
from rlzoo.studies.analysis.tables import RunScore
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.statistics.sequential import Looks

METHODS = (
    "Cells: inter-quartile mean over seeds with a {level} interval by stratified bootstrap (Agarwal et al., 2021), its "
    "percentiles moved out for few seeds (Hesterberg, 2015).",
    "Differences: the mean over seeds of cell minus base, with the interval and p value of the paired t test; Holm's "
    "correction is over all comparisons of one measure, and the detectable difference is before it. The effect size is "
    "Hedges' g of the pairs.",
    "Sentences: Holm's correction is over all tests that they rest on together, and what would have been seen 80 % of "
    "the time is after it.",
    "Probability of improvement: over all pairs of runs, ties counting half, with Newcombe's interval. Profiles: the "
    "share of runs above each score, with Wilson's interval.",
    f"Nothing has an interval below {FEWEST_SEEDS} seeds: where a third of all runs collapse, so few often show none "
    "that did, and no interval would hold the truth as often as it says.",
)
OVERALL = (
    "Over all environments: each score is scaled so that in each environment the lowest of any run of the study is 0 "
    "and the highest is 1; for returns that is the worst and the best run, for steps the other way round. These "
    "constants are taken as given. Differences average a seed's scaled scores first."
)
EFFECTS = (
    "Effects: a repeated-measures analysis of variance with seeds as blocks and Greenhouse and Geisser's correction; "
    "Holm's correction is over all effects of one measure."
)


def notes_on(plan: Plan, runs: Sequence[RunScore], scores: Scores, looks: Looks) -> list[str]:
    """What a reader should know of this study."""
    return [
        *(method.format(level=looks.level) for method in METHODS),
        *([OVERALL] if len(plan.environments) > 1 else []),
        *_factorial(plan, scores),
        *_losses(runs),
        *_thresholds(plan, runs),
        *_looks(looks),
    ]


def _factorial(plan: Plan, scores: Scores) -> list[str]:
    if plan.design != "full":
        return []
    notes = [EFFECTS]
    for environment in plan.environments:
        values = factorial(plan, scores, scores.by_seed(FINAL, environment))
        if values is None:
            return ["Effects: none, since not all cells of the factorial can exist; the differences still hold."]
        anywhere = np.isfinite(scores.by_seed(FINAL, environment)).any(0).sum()
        if len(values) < anywhere:
            notes.append(
                f"Effects in {environment} are of {len(values)} seeds: the other {anywhere - len(values)} lack a cell."
            )
    return notes


def _losses(runs: Sequence[RunScore]) -> list[str]:
    count = {status: sum(run.status == status for run in runs) for status in ("diverged", "failed", "missing")}
    notes = []
    if count["diverged"]:
        notes.append(
            f"{count['diverged']} of {len(runs)} runs diverged. From that step on they count as the lowest mean of "
            f"{WINDOW} episodes (or of an evaluation) that any run of the study had in that environment."
        )
    empty = sum(trained_whole(run) and run.scores[FINAL] is None for run in runs)
    if empty:
        notes.append(f"{empty} of {len(runs)} runs finished no episode, so they have no return and are in no pair.")
    if count["failed"] or count["missing"]:
        notes.append(
            f"{count['failed']} of {len(runs)} runs failed and {count['missing']} have not been trained; they are in "
            "no number, and their seeds in no pair."
        )
    return notes


def _thresholds(plan: Plan, runs: Sequence[RunScore]) -> list[str]:
    notes = []
    for environment, threshold in plan.thresholds.items():
        own = [run for run in runs if run.environment == environment and trained_whole(run)]
        never = sum(run.scores[STEPS] is None for run in own)
        if own and never == len(own):
            notes.append(
                f"No run reached the threshold of {threshold:g} in {environment}, so there are no steps to it."
            )
        elif never:
            notes.append(
                f"{never} of {len(own)} runs in {environment} never reached the threshold of {threshold:g} (as a mean "
                f"of {WINDOW} episodes). They count as having needed the whole run, the least it can have been, so "
                "differences in steps to it are rather too small."
            )
    return notes


def _looks(looks: Looks) -> list[str]:
    if len(looks.sizes) < 2:
        return []
    sizes = f"{', '.join(map(str, looks.sizes[:-1]))} or {looks.sizes[-1]}"
    return [
        f"Seeds were added until intervals were narrow, so there may have been {sizes} of them. Every interval is one "
        f"of {looks.level}, and every p value is that of finding as much at any of these looks (Pocock, 1977), so that "
        "the intervals of all looks hold together in 95 % of studies, whenever it stopped."
    ]
