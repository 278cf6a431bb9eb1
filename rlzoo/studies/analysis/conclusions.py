"""What can, and what cannot, be concluded: a sentence or two for each factor, or variant, in each environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Literal

import numpy as np

from rlzoo.results.statistics import FEWEST_SEEDS
from rlzoo.studies.analysis.comparisons import Finding, Findings
from rlzoo.studies.analysis.scores import Scope
from rlzoo.studies.analysis.tables import RunScore, Sentence
from rlzoo.studies.statistics.sequential import ALPHA

OVERALL = "over all environments (in each, 0 is the study's worst run and 1 its best)"


def conclude(findings: Findings, runs: Sequence[RunScore], level: str) -> list[Sentence]:
    """One for each factor, or variant, and environment, and for all of them together; about the final return.

    `level` is what its intervals are called, as in `95 %`.
    """
    grouped = groupby(findings.contrasts, key=lambda finding: (finding.contrast.subject, finding.scope))
    sentences = []
    for (subject, scope), found in ((key, list(group)) for key, group in grouped):
        others = _interactions(subject, scope, findings)
        parts = [
            part
            for finding in found
            for part in (_about(finding, findings.tests, level), _losses(finding, runs))
            if part
        ]
        parts += _dependence(others)
        where = OVERALL if scope is None else f"in {scope}"
        text = f"{subject}, {where}: {' '.join(parts)}"
        sentences.append(Sentence(subject, scope, _verdict(found, others.values()), text))
    return sentences


def _verdict(
    found: Sequence[Finding], interactions: Iterable[float]
) -> Literal["difference", "no difference found", "too few seeds"]:
    known = [*(finding.p_holm for finding in found if finding.p_holm is not None), *interactions]
    if not known:
        return "too few seeds"
    return "difference" if min(known) < ALPHA else "no difference found"


def _about(finding: Finding, count: int, level: str) -> str:
    """What is known of one level of a factor, or a variant."""
    own, base = finding.contrast.level, finding.contrast.base
    difference = finding.difference
    if difference is None:
        return f"{own} and {base} cannot be compared: there is no seed that trained with both."
    if finding.p_value is None or finding.p_holm is None:
        return (
            f"{own} and {base} cannot be told apart yet: {_seeds(finding.pairs)} trained with both, and "
            f"{FEWEST_SEEDS} are the fewest that say anything."
        )
    evidence, seeds = _evidence(finding, count, level), _seeds(finding.pairs)
    if finding.p_holm < ALPHA:
        more = "more" if difference.value > 0 else "less"
        amount = f"{number(abs(difference.value))} {more}"
        return f"{own} earns {amount} in the end than {base}{_averaged(finding)} ({evidence})."
    if finding.detectable is None:
        each = f"with each of {seeds} they differ by {number(difference.value)}"
        return f"no difference in final return found between {own} and {base}: {each}."
    detectable = f"a difference of {number(finding.detectable)} or more would have been seen 80 % of the time"
    return (
        f"no difference in final return found between {own} and {base}{_averaged(finding)} ({evidence}); "
        f"with {seeds} {detectable}."
    )


def _evidence(finding: Finding, count: int, level: str) -> str:
    """The interval and the p values, as in `difference 12, 95 % interval 3 to 21, p = 0.01`."""
    difference = finding.difference
    parts = []
    if difference is not None and difference.low is not None and difference.high is not None:
        interval = f"{level} interval {number(difference.low)} to {number(difference.high)}"
        parts.append(f"difference {number(difference.value)}, {interval}")
    parts.append(f"p {probability(finding.p_value)}")
    if count > 1:
        corrected = probability(finding.p_holm).removeprefix("= ")
        parts.append(f"corrected for {count} comparisons {corrected}")
    return ", ".join(parts)


def _averaged(finding: Finding) -> str:
    return " on average over the other factors" if len(finding.contrast.pairs) > 1 else ""


def _losses(finding: Finding, runs: Sequence[RunScore]) -> str:
    """How many runs with the level did not end as they should."""
    cells = {cell for cell, _ in finding.contrast.pairs}
    own = [run for run in runs if run.cell in cells and finding.scope in (None, run.environment)]
    lost = {status: sum(run.status == status for run in own) for status in ("diverged", "failed")}
    parts = []
    if lost["diverged"]:
        parts.append(
            f"{lost['diverged']} of {len(own)} runs with {finding.contrast.level} diverged and count as worst."
        )
    if lost["failed"]:
        parts.append(f"{lost['failed']} of {len(own)} runs with {finding.contrast.level} failed and are missing.")
    return " ".join(parts)


def _interactions(subject: str, scope: Scope, findings: Findings) -> dict[str, float]:
    """Each other factor, and the p value of what the factor does depending on it."""
    return {
        other: p
        for (where, *factors), p in findings.interactions.items()
        if where == scope and subject in factors
        for other in factors
        if other != subject
    }


def _dependence(others: Mapping[str, float]) -> list[str]:
    found = [f"{other} (p {probability(p)}, corrected)" for other, p in others.items() if p < ALPHA]
    unknown = [other for other, p in others.items() if p >= ALPHA]
    sentences = []
    if found:
        sentences.append(f"How much it matters depends on {' and '.join(found)}, so look at the single cells, too.")
    if unknown:
        sentences.append(f"That it depends on {' or '.join(unknown)} was not found.")
    return sentences


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def number(value: float) -> str:
    """Three digits, as in 0.0123, 45.6 and 1230."""
    return np.format_float_positional(value, 3, fractional=False, trim="-")


def probability(p: float | None) -> str:
    """As in `= 0.03` and `< 0.001`."""
    if p is None:
        return "unknown"
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"
