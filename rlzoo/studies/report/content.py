"""The text of a report, in words and rounded numbers: the same for HTML and Markdown."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from rlzoo.studies.analysis.tables import Analysis, CellEstimate, Comparison, Conclusion, Effect, Failure, Measure
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.numbers import NOTHING, count, estimate, half_width, number, p_value, seeds

Part = TypeVar("Part", Comparison, Effect)

OVER_ALL = "All environments"
RANDOM_POLICY = "random policy"
DESIGNS = {
    "full": "full factorial: all combinations of levels",
    "one-at-a-time": "one factor at a time, all others as in the base",
    "list": "a list of variants",
}


@dataclass(frozen=True)
class Table:
    """A table of text; the first column is the header of each row."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    measure: str = ""
    """The measure, if readers can choose one."""
    texts: int = 1
    """The number of columns, from the left, that are text rather than numbers."""


@dataclass(frozen=True)
class Place:
    """The content about one environment, or about all of them together."""

    name: str
    conclusions: list[Conclusion]
    scores: list[Table]
    comparisons: list[Table]
    effects: list[Table]


@dataclass(frozen=True)
class Content:
    """Everything in a report except the figures."""

    title: str
    facts: list[str]
    places: list[Place]
    settings: list[Table]
    command: str
    """The command that repeats the whole study."""
    commands: list[tuple[str, str]]
    """For each cell and environment: a description, and the command that trains it."""
    failures: list[tuple[str, str]]
    """A description of each failure, and its reason."""
    unfinished: str
    """How many runs did not finish; empty if all did."""


def content(analysis: Analysis) -> Content:
    """The text of an analysis."""
    return Content(
        title=analysis.plan.name,
        facts=_facts(analysis),
        places=[_place(analysis, environment) for environment in places(analysis)],
        settings=[*_settings(analysis.plan)],
        command=analysis.plan.command,
        commands=[*_commands(analysis.plan)],
        failures=[*{_failed(failure): failure.text for failure in analysis.failures}.items()],
        unfinished=_unfinished(analysis),
    )


def places(analysis: Analysis) -> list[str | None]:
    """None for all environments together, if anything was computed for them, then each environment."""
    kinds = analysis.estimates, analysis.profiles, analysis.comparisons, analysis.effects, analysis.conclusions
    over_all = any(part.environment is None for parts in kinds for part in parts)
    return [*([None] if over_all else []), *analysis.plan.environments]


def levels(plan: Plan, environment: str | None) -> Iterator[tuple[str, float]]:
    """The returns with which those of an environment are compared: of a random policy, and the threshold."""
    if environment in plan.random_returns:
        yield RANDOM_POLICY, plan.random_returns[environment].mean
    if environment in plan.thresholds:
        yield "threshold", plan.thresholds[environment]


def short(measure: Measure) -> str:
    """The name of a measure, without its definition: the part of its label before the colon."""
    return measure.label.partition(":")[0]


def label(measure: Measure, environment: str | None) -> str:
    """The name of a measure with its unit, unless that is part of the name."""
    unit = "normalized" if environment is None else measure.unit
    return short(measure) if unit in short(measure) else f"{short(measure)} ({unit})"


def _facts(analysis: Analysis) -> list[str]:
    plan = analysis.plan
    return [
        f"algorithm {plan.algorithm}",
        count(len(plan.cells), "cell"),
        count(len(plan.environments), "environment"),
        count(len(plan.seeds), "seed"),
        *([f"{plan.steps:,} steps per seed"] if plan.steps else []),
    ]


def _unfinished(analysis: Analysis) -> str:
    trained = {cell.name for cell in analysis.plan.runnable}
    runs = [run for run in analysis.runs if run.cell in trained]  # not the copies of cells with the same composition
    words = {"diverged": "diverged", "failed": "failed", "missing": "not trained yet"}
    counts = {status: sum(run.status == status for run in runs) for status in words}
    parts = [f"{amount:,} {words[status]}" for status, amount in counts.items() if amount]
    return f"Of {count(len(runs), 'run')}: {', '.join(parts)}" if parts else ""


def _place(analysis: Analysis, environment: str | None) -> Place:
    return Place(
        name=OVER_ALL if environment is None else environment,
        conclusions=[conclusion for conclusion in analysis.conclusions if conclusion.environment == environment],
        scores=[*_scores(analysis, environment)],
        comparisons=[table for measure in analysis.measures for table in _comparisons(analysis, measure, environment)],
        effects=[table for measure in analysis.measures for table in _effects(analysis, measure, environment)],
    )


def _scores(analysis: Analysis, environment: str | None) -> Iterator[Table]:
    """A row for each cell, a column for each measure."""
    found = {(part.measure, part.cell): part for part in analysis.estimates if part.environment == environment}
    measures = [measure for measure in analysis.measures if any(key == measure.key for key, _ in found)]
    cells = [cell.name for cell in analysis.plan.cells if any(name == cell.name for _, name in found)]
    if found:
        random = analysis.plan.random_returns.get(environment or "")
        baseline = [] if random is None else [number(random.mean, 2 * random.standard_error)]
        labels = [label(measure, environment) for measure in measures]
        columns = ["cell", *labels, *([RANDOM_POLICY] * len(baseline)), "seeds"]
        rows = [_score_row(cell, [found.get((measure.key, cell)) for measure in measures], baseline) for cell in cells]
        yield Table("Scores", columns, rows)


def _score_row(cell: str, estimates: list[CellEstimate | None], baseline: list[str]) -> list[str]:
    most = max(part.seeds for part in estimates if part)
    return [cell, *(estimate(part.estimate) if part else NOTHING for part in estimates), *baseline, str(most)]


def _comparisons(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Table]:
    rows = [_comparison(part) for part in _of(analysis.comparisons, measure, environment)]
    columns = ["cell", "difference", "p (Holm)", "p", "P(improvement)", "effect size", "detectable", "seeds"]
    if rows:
        yield Table(f"{label(measure, environment)}: cell − base", columns, rows, measure.key)


def _comparison(comparison: Comparison) -> list[str]:
    return [
        comparison.cell,
        estimate(comparison.difference),
        p_value(comparison.p_holm),
        p_value(comparison.p_value),
        estimate(comparison.improvement),
        number(comparison.effect_size, comparison.pairs**-0.5),
        number(comparison.detectable, half_width(comparison.difference)),
        str(comparison.pairs),
    ]


def _effects(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Table]:
    rows = [
        [effect_name(effect), estimate(effect.estimate), p_value(effect.p_holm), p_value(effect.p_value)]
        for effect in _of(analysis.effects, measure, environment)
    ]
    if rows:
        columns = ["level", "deviation from the mean", "p (Holm)", "p"]
        yield Table(f"{label(measure, environment)}: main effects and interactions", columns, rows, measure.key)


def effect_name(effect: Effect) -> str:
    """`target=soft`, or `target=soft × buffer=recent`."""
    return " × ".join(f"{factor}={level}" for factor, level in zip(effect.factors, effect.levels, strict=True))


def _of(parts: list[Part], measure: Measure, environment: str | None) -> list[Part]:
    return [part for part in parts if part.measure == measure.key and part.environment == environment]


def _settings(plan: Plan) -> Iterator[Table]:
    study = [
        ["algorithm", plan.algorithm],
        ["design", DESIGNS[plan.design]],
        ["base", plan.base],
        ["environments", ", ".join(plan.environments)],
        ["seeds", seeds(plan.seeds)],
        ["steps per seed", f"{plan.steps:,}" if plan.steps else NOTHING],
        *([f"threshold on {name}", f"{value:g}"] for name, value in plan.thresholds.items()),
    ]
    yield Table("The study", [], study, texts=2)
    if plan.factors:
        factors = [[factor, ", ".join(levels)] for factor, levels in plan.factors.items()]
        yield Table("Factors", ["factor", "levels (base first)"], factors, texts=2)
    cells = [
        [cell.name, _with_preset(cell), _pairs(cell.components), _pairs(cell.settings), _remark(cell)]
        for cell in plan.cells
    ]
    yield Table("Cells", ["cell", "algorithm", "components", "settings", "remark"], cells, texts=5)


def _with_preset(cell: Cell) -> str:
    return cell.algorithm if cell.preset is None else f"{cell.algorithm}, preset {cell.preset}"


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in values.items()) or NOTHING


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _remark(cell: Cell) -> str:
    if cell.impossible is not None:
        return f"invalid: {cell.impossible}"
    if cell.source:
        return f"read from {cell.source}"
    return f"same as {cell.same_as}" if cell.same_as is not None else NOTHING


def _commands(plan: Plan) -> Iterator[tuple[str, str]]:
    for cell in plan.runnable:
        for environment in [] if cell.source else plan.environments:
            yield f"{cell.name} on {environment}", shlex.join(_command(plan, cell, environment))


def _command(plan: Plan, cell: Cell, environment: str) -> Iterator[str]:
    yield from ("rlzoo", "run", cell.algorithm, "--env", environment)
    if cell.preset is not None:
        yield from ("--preset", cell.preset)
    for slot, name in cell.components.items():
        yield from (f"--{slot}", name)
    for field, value in cell.settings.items():
        yield from ("--steps", _text(value)) if field == "train.steps" else ("--set", f"{field}={_text(value)}")
    if plan.seeds == list(range(len(plan.seeds))):
        yield from ("--seeds", str(len(plan.seeds)))
    else:
        for seed in plan.seeds:
            yield from ("--seed", str(seed))


def _failed(failure: Failure) -> str:
    if failure.kind == "invalid":
        return f"{failure.cell}: invalid combination"
    noun = "seed" if len(failure.seeds) == 1 else "seeds"
    return f"{failure.cell} on {failure.environment}, {noun} {seeds(failure.seeds)}: {failure.kind}"
