"""The answer of a study as data: filled by the statistics, read by the report."""

from __future__ import annotations

from typing import Literal

import msgspec

from rlzoo.results.statistics import Estimate
from rlzoo.studies.design.plan import Plan

Status = Literal["finished", "diverged", "failed", "missing"]
Verdict = Literal[
    "difference",
    "no significant difference",
    "interaction",
    "no significant interaction",
    "too few seeds",
    "not compared",
    "no cell learned",
]


class Measure(msgspec.Struct, frozen=True):
    """A performance measure of a run."""

    key: str
    """`final`, `evaluation`, `auc` or `steps_to_threshold`; the column's name in results.csv."""
    label: str
    """Its name, a colon and its definition."""
    unit: str
    higher_is_better: bool = True


class RunScore(msgspec.Struct, frozen=True):
    """One seed of one cell in one environment: a row of results.csv."""

    cell: str
    environment: str
    seed: int
    status: Status
    scores: dict[str, float | None]
    """Measure to score; None if there is none (threshold never reached, no evaluation)."""


class CellEstimate(msgspec.Struct, frozen=True):
    """The inter-quartile mean of a cell's scores over seeds; `environment` None: normalized, over all of them."""

    measure: str
    environment: str | None
    cell: str
    estimate: Estimate
    seeds: int


class Profile(msgspec.Struct, frozen=True):
    """The share of runs whose score is above each threshold (Agarwal et al., 2021), with its band."""

    measure: str
    environment: str | None
    cell: str
    thresholds: list[float]
    share: list[float]
    low: list[float] | None
    high: list[float] | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A cell compared with the base, paired by seed."""

    measure: str
    environment: str | None
    cell: str
    base: str
    pairs: int
    difference: Estimate
    """The mean over pairs of cell minus base."""
    p_value: float | None
    p_holm: float | None
    """Holm-corrected over all comparisons of the measure."""
    improvement: Estimate
    """The probability that a run of the cell scores better than a run of the base, 0..1."""
    effect_size: float | None
    """The mean difference in standard deviations of the differences (Hedges' g); None where they do not vary."""
    detectable: float | None
    """The difference that this number of pairs detects with 80% power."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A main effect (one factor) or an interaction (two factors) in a full factorial design."""

    measure: str
    environment: str | None
    factors: list[str]
    levels: list[str]
    estimate: Estimate
    """The deviation from the grand mean; of a pair of levels, the deviation beyond both main effects."""
    p_value: float | None
    """Of the factor or interaction as a whole."""
    p_holm: float | None


class Curve(msgspec.Struct, frozen=True):
    """The learning curve of a cell: the inter-quartile mean over seeds at some steps, with its interval."""

    cell: str
    environment: str
    steps: list[float]
    center: list[float | None]
    low: list[float | None]
    high: list[float | None]


class DiagnosticCurve(Curve, frozen=True):
    """The same of a diagnostic: its mean over each of some parts of the run."""

    measure: str


class Conclusion(msgspec.Struct, frozen=True):
    """What a study found about one contrast, or one interaction, in one environment (None: in all of them)."""

    subject: str
    """The factor, or the variant in a list of variants."""
    environment: str | None
    verdict: Verdict
    text: str
    """The finding, the number and its uncertainty, in one or two sentences."""
    statistics: str = ""
    """The test behind it, and what limits it."""


class Failure(msgspec.Struct, frozen=True):
    """Runs that did not train to the end, or a cell that cannot be composed."""

    cell: str
    environment: str
    seeds: list[int]
    kind: Literal["failed", "diverged", "invalid"]
    text: str


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """The complete answer of a study."""

    plan: Plan
    measures: list[Measure]
    runs: list[RunScore]
    estimates: list[CellEstimate]
    profiles: list[Profile]
    comparisons: list[Comparison]
    effects: list[Effect]
    curves: list[Curve]
    diagnostic_curves: list[DiagnosticCurve] = []
    conclusions: list[Conclusion]
    failures: list[Failure]
    versions: dict[str, str]
    notes: list[str] = []
    """How the numbers were computed."""
