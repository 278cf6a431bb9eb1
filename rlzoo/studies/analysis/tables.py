"""What a study says, as data: between the statistics, which fill it, and the report, which draws it."""

from __future__ import annotations

from typing import Literal

import msgspec

from rlzoo.results.statistics import Estimate
from rlzoo.studies.design.plan import Plan

Status = Literal["finished", "diverged", "failed", "missing"]


class Measure(msgspec.Struct, frozen=True):
    """Something measured once per run (cell, environment and seed)."""

    key: str
    """`final`, `evaluation`, `auc` or `steps_to_threshold`; the column's name in results.csv."""
    label: str
    unit: str
    higher_is_better: bool = True


class RunScore(msgspec.Struct, frozen=True):
    """One seed of one cell in one environment: a row of results.csv."""

    cell: str
    environment: str
    seed: int
    status: Status
    scores: dict[str, float | None]
    """Measure to value; None where there is none (a threshold never reached, no evaluation)."""


class CellEstimate(msgspec.Struct, frozen=True):
    """The inter-quartile mean of a measure over seeds. `environment` None: over all of them, normalised to 0..1."""

    measure: str
    environment: str | None
    cell: str
    estimate: Estimate
    seeds: int


class Profile(msgspec.Struct, frozen=True):
    """Share of runs whose score is above each threshold (Agarwal et al., 2021), with its band."""

    measure: str
    environment: str | None
    cell: str
    thresholds: list[float]
    share: list[float]
    low: list[float] | None
    high: list[float] | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A cell against the base, paired by seed."""

    measure: str
    environment: str | None
    cell: str
    base: str
    pairs: int
    difference: Estimate
    """Mean of cell minus base over pairs."""
    p_value: float | None
    p_holm: float | None
    """Holm-corrected over the family: all comparisons of one measure."""
    improvement: Estimate
    """Probability that a run of the cell beats a run of the base, 0..1."""
    effect_size: float | None
    """The paired difference in units of its standard deviation (Hedges' correction); None where pairs do not vary."""
    detectable: float | None
    """The difference that would have been found 80 % of the time with so many pairs of such spread."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A main effect (one factor) or an interaction (two) in a full factorial."""

    measure: str
    environment: str | None
    factors: list[str]
    levels: list[str]
    estimate: Estimate
    """Against the grand mean: what this level, or this pair of levels beyond both alone, adds."""
    p_value: float | None
    """Of the whole factor or interaction."""
    p_holm: float | None


class Curve(msgspec.Struct, frozen=True):
    """A learning curve over seeds: inter-quartile mean with its interval, at some steps."""

    cell: str
    environment: str
    steps: list[float]
    centre: list[float | None]
    low: list[float | None]
    high: list[float | None]


class Sentence(msgspec.Struct, frozen=True):
    """What can, and what cannot, be concluded about a factor (or a variant)."""

    subject: str
    environment: str | None
    verdict: Literal["difference", "no difference found", "too few seeds"]
    text: str


class Failure(msgspec.Struct, frozen=True):
    """Something that did not train to its end."""

    cell: str
    environment: str
    seeds: list[int]
    kind: Literal["failed", "diverged", "impossible"]
    text: str


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """All of a study's answer."""

    plan: Plan
    measures: list[Measure]
    runs: list[RunScore]
    estimates: list[CellEstimate]
    profiles: list[Profile]
    comparisons: list[Comparison]
    effects: list[Effect]
    curves: list[Curve]
    sentences: list[Sentence]
    failures: list[Failure]
    versions: dict[str, str]
    notes: list[str] = []
    """How numbers were made: normalisation, intervals, tests, what a diverged run counts as."""
