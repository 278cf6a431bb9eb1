"""What a report says, in words and rounded numbers: the same for the page and for Markdown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from rlzoo.studies.analysis.tables import Analysis, CellEstimate, Comparison, Effect, Failure, Measure, Sentence
from rlzoo.studies.design.plan import Cell, Plan
from rlzoo.studies.report.numbers import NOTHING, count, estimate, number, p_value, seeds

Part = TypeVar("Part", Comparison, Effect)

OVER_ALL = "All environments"
DESIGNS = {
    "full": "full factorial: every combination of levels",
    "one-at-a-time": "one factor at a time: all others as in the base",
    "list": "a list of variants",
}


@dataclass(frozen=True)
class Table:
    """Rows of text; the first of a row says what the row is about."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    measure: str = ""
    """The measure it is about, where the reader can choose one."""
    texts: int = 1
    """How many columns, from the left, are text and no numbers."""


@dataclass(frozen=True)
class Place:
    """What there is to say of one environment, or over all."""

    name: str
    sentences: list[Sentence]
    scores: list[Table]
    comparisons: list[Table]
    effects: list[Table]


@dataclass(frozen=True)
class Content:
    """All there is to say, but for the pictures."""

    title: str
    facts: list[str]
    places: list[Place]
    settings: list[Table]
    command: str
    """Of the whole study."""
    commands: list[tuple[str, str]]
    """Of each cell alone: what it trains, and the command."""
    failures: list[tuple[str, str]]
    """What did not train to its end, in words, and why."""
    unfinished: str
    """How many runs that were, or nothing."""


def content(analysis: Analysis) -> Content:
    """Put all of an analysis into words."""
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
    """Over all environments, where anything was computed over all, then each of them."""
    of_all = analysis.estimates, analysis.profiles, analysis.comparisons, analysis.effects, analysis.sentences
    over_all = any(part.environment is None for parts in of_all for part in parts)
    return [*([None] if over_all else []), *analysis.plan.environments]


def short(measure: Measure) -> str:
    """What a measure is called, without how it is made: what stands before a comma or colon of its label."""
    return re.split("[,:]", measure.label)[0]


def label(measure: Measure, environment: str | None) -> str:
    """A measure with its unit, unless its name says it; over several environments it has none."""
    unit = "normalised" if environment is None else measure.unit
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
    runs = [run for run in analysis.runs if run.cell in trained]  # not again those of cells that are the same
    lost = {status: sum(run.status == status for run in runs) for status in ("diverged", "failed", "missing")}
    told = {"diverged": "diverged", "failed": "failed", "missing": "not trained yet"}
    parts = [f"{amount:,} {told[status]}" for status, amount in lost.items() if amount]
    return f"Of {count(len(runs), 'run')}: {', '.join(parts)}" if parts else ""


def _place(analysis: Analysis, environment: str | None) -> Place:
    return Place(
        name=OVER_ALL if environment is None else environment,
        sentences=[sentence for sentence in analysis.sentences if sentence.environment == environment],
        scores=[*_scores(analysis, environment)],
        comparisons=[table for measure in analysis.measures for table in _comparisons(analysis, measure, environment)],
        effects=[table for measure in analysis.measures for table in _effects(analysis, measure, environment)],
    )


def _scores(analysis: Analysis, environment: str | None) -> Iterator[Table]:
    """A row for each cell, a column for each measure."""
    own = {(own.measure, own.cell): own for own in analysis.estimates if own.environment == environment}
    measures = [measure for measure in analysis.measures if any(key == measure.key for key, _ in own)]
    cells = [cell.name for cell in analysis.plan.cells if any(name == cell.name for _, name in own)]
    if own:
        columns = ["cell", *(label(measure, environment) for measure in measures), "seeds"]
        rows = [_score_row(cell, [own.get((measure.key, cell)) for measure in measures]) for cell in cells]
        yield Table("Scores", columns, rows)


def _score_row(cell: str, estimates: list[CellEstimate | None]) -> list[str]:
    most = max(own.seeds for own in estimates if own)
    return [cell, *(estimate(own.estimate) if own else NOTHING for own in estimates), str(most)]


def _comparisons(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Table]:
    rows = [_comparison(own) for own in _of(analysis.comparisons, measure, environment)]
    columns = ["cell", "difference", "p (Holm)", "p", "P(better)", "effect size", "detectable", "pairs"]
    if rows:
        yield Table(f"{label(measure, environment)}: cell − base", columns, rows, measure.key)


def _comparison(own: Comparison) -> list[str]:
    low, high = own.difference.low, own.difference.high
    return [
        own.cell,
        estimate(own.difference),
        p_value(own.p_holm),
        p_value(own.p_value),
        estimate(own.improvement),
        number(own.effect_size, own.pairs**-0.5),
        number(own.detectable, None if low is None or high is None else (high - low) / 2),
        str(own.pairs),
    ]


def _effects(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Table]:
    rows = [
        [effect_name(own), estimate(own.estimate), p_value(own.p_holm), p_value(own.p_value)]
        for own in _of(analysis.effects, measure, environment)
    ]
    if rows:
        columns = ["level", "adds to the mean", "p (Holm)", "p"]
        yield Table(f"{label(measure, environment)}: main effects and interactions", columns, rows, measure.key)


def effect_name(own: Effect) -> str:
    """`target=soft`, or `target=soft × buffer=recent`."""
    return " × ".join(f"{factor}={level}" for factor, level in zip(own.factors, own.levels, strict=True))


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
        yield Table("Factors", ["factor", "levels, the base's first"], factors, texts=2)
    cells = [
        [cell.name, cell.algorithm, _pairs(cell.components), _pairs(cell.settings), _remark(cell)]
        for cell in plan.cells
    ]
    yield Table("Cells", ["cell", "algorithm", "components", "settings", "remark"], cells, texts=5)


def _pairs(own: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in own.items()) or NOTHING


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _remark(cell: Cell) -> str:
    if cell.impossible is not None:
        return f"impossible: {cell.impossible}"
    return f"the same as {cell.same_as}" if cell.same_as is not None else NOTHING


def _commands(plan: Plan) -> Iterator[tuple[str, str]]:
    for cell in plan.runnable:
        for environment in plan.environments:
            yield f"{cell.name} on {environment}", shlex.join(_command(plan, cell, environment))


def _command(plan: Plan, cell: Cell, environment: str) -> Iterator[str]:
    yield from ("rlzoo", "run", cell.algorithm, "--env", environment)
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
    if failure.kind == "impossible":
        return f"{failure.cell} is impossible"
    where = f"{failure.cell} on {failure.environment}, seeds {seeds(failure.seeds)}"
    return f"{where}: {failure.kind}"
