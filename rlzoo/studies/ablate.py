"""A study from its question to its answer."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from rlzoo.api import check_seeds
from rlzoo.contracts import Composition, Executor
from rlzoo.contracts.errors import BadInput, OptionError, nearest
from rlzoo.registry.catalog import Catalog
from rlzoo.studies.analysis.analyse import analyse, until_width
from rlzoo.studies.analysis.measures import registered_thresholds
from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.design.designer import Designer, compose_cell
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.design.question import Question
from rlzoo.studies.execution.conductor import Audience, Conductor
from rlzoo.studies.execution.study import LOCK, PLAN, Study
from rlzoo.studies.execution.units import Unit
from rlzoo.studies.statistics.sequential import FEWEST_TO_LOOK, planned_looks
from rlzoo.training.groups import Group, check_group

SEEDS = 10
"""Of every cell, unless told otherwise."""
MAX_SEEDS = 100
"""How many there may be of every cell where they are added."""


def make_plan(catalog: Catalog, question: Question, name: str, command: str) -> Plan:
    """What a study trains. Raises BadInput for a question that has no answer."""
    seeds = check_seeds(_first_seeds(question))
    _check_thresholds(question)
    plan = Designer(catalog, question).plan(
        name,
        seeds,
        thresholds=registered_thresholds(question.env, question.thresholds),
        width=question.until_width,
        looks=_looks(question, seeds),
        command=command,
    )
    _check_fit(catalog, plan)
    return plan


def choose_study_folder(question: Question, out: str | Path | None) -> Path:
    """Where a study is: `out`, or a place under `studies/` that the same question always finds again."""
    if out is not None:
        return Path(out)
    same = structs.replace(question, seeds=0, max_seeds=None, thresholds={})
    mark = hashlib.sha256(msgspec.json.encode(same, order="deterministic")).hexdigest()[:6]
    about = re.sub(r"[^\w.-]+", "-", "-".join([question.algorithm, *(question.vary or question.variants)]))
    return Path("studies") / f"{about[:60]}-{mark}"


def open_study(catalog: Catalog, plan: Plan, path: Path) -> Study:
    """The study in `path`, new or gone on with, under this plan. Nothing is written yet.

    A study may grow: seeds, cells and environments can be added. Raises BadInput where `path` holds something else, a
    cell was trained as something else, or the study would lose seeds or be looked at otherwise.
    """
    study = Study(path, plan)
    if (path / PLAN).exists():
        before = Study.open(path)
        _check_same(catalog, study, before.units())
        study.plan = structs.replace(plan, seeds=_grown(before, plan))
    elif path.is_file() or (path.is_dir() and any(own.name != LOCK for own in path.iterdir())):
        raise BadInput(f"`{path}` holds something that is no study; give a new folder (`--out DIR`)")
    return study


def train_study(study: Study, catalog: Catalog, executor: Executor, device: str, audience: Audience) -> None:
    """Train what is missing, and add seeds as long as the plan wants more.

    Raises BadInput where another process does so, KeyboardInterrupt after Ctrl-C.
    """
    with study.locked():
        study.save()
        conductor = Conductor(study, catalog, executor, device, audience)
        conductor.train_missing()
        while (seeds := _seeds_wanted(study)) > len(study.plan.seeds):
            study.plan = structs.replace(study.plan, seeds=list(range(seeds)))
            study.save()
            conductor.train_missing()


def _seeds_wanted(study: Study) -> int:
    """How many seeds the study should have, from what it knows so far."""
    plan = study.plan
    return len(plan.seeds) if plan.width is None else until_width(plan, study.units(), plan.width).seeds


def report(study: Study) -> Analysis:
    """Analyse what is there of a study, and write its report."""
    from rlzoo.studies.report import write_report

    analysis = analyse(study.plan, study.units(), study.failures())
    write_report(analysis, study.path)
    return analysis


def _first_seeds(question: Question) -> int | list[int]:
    """The seeds of a study to begin with."""
    if question.seeds is not None:
        return question.seeds
    return SEEDS if question.until_width is None else FEWEST_TO_LOOK


def _looks(question: Question, seeds: Sequence[int]) -> list[int]:
    """After how many seeds the study looks whether it knows enough; never, where their number is fixed."""
    if question.until_width is None:
        if question.max_seeds is not None:
            raise OptionError("`--max-seeds` has no effect without `--until-width`")
        return []
    if seeds != list(range(len(seeds))):
        raise OptionError("`--until-width` adds seeds to 0, 1, 2, ...; give their number, not a list")
    if not 0 <= question.until_width < math.inf:
        raise OptionError(f"`--until-width {question.until_width}` is not a width: give a number of 0 or more")
    return planned_looks(len(seeds), MAX_SEEDS if question.max_seeds is None else question.max_seeds)


def _check_thresholds(question: Question) -> None:
    for environment, threshold in question.thresholds.items():
        if not math.isfinite(threshold):
            raise OptionError(f"`--threshold {environment}={threshold}` is no return")
        if environment not in question.env:
            close, valid = nearest(environment, question.env), ", ".join(question.env)
            raise OptionError(f"`--threshold {environment}=...`: the study is not in it.{close} It is in: {valid}")


def _check_fit(catalog: Catalog, plan: Plan) -> None:
    """Raise BadInput where the base's parts do not fit an environment. Other cells that do not, fail on their own."""
    base = plan.cell(plan.base)
    for environment in plan.environments:
        check_group(Group(compose_cell(catalog, base, environment), plan.seeds[:1], "cpu"))


def _grown(before: Study, plan: Plan) -> list[int]:
    """The seeds of a study that goes on with this plan: the plan's, or as many as its looks have come to."""
    trained = {seed for unit in before.units() for seed in unit.folder.seeds}
    if trained and before.plan.looks != plan.looks and (before.plan.looks or len(trained) > plan.looks[0]):
        raise BadInput(
            f"`{before.path}` has {len(trained)} seeds and was to be looked at {_told(before.plan.looks)}, not "
            f"{_told(plan.looks)}; intervals hold only where that is fixed beforehand. Give the same `--until-width`, "
            "`--seeds` and `--max-seeds`, or a new folder (`--out DIR`)"
        )
    seeds = max(before.plan.seeds, plan.seeds, key=len) if plan.looks else plan.seeds
    lost = sorted(trained - set(seeds))
    if lost:
        raise BadInput(
            f"`{before.path}` has trained seed {', '.join(map(str, lost))} too, and a study does not shrink; ask for "
            "these as well, or give a new folder (`--out DIR`)"
        )
    return seeds


def _told(looks: Sequence[int]) -> str:
    return f"after {', '.join(map(str, looks))} seeds" if looks else "once, when it is over"


def _check_same(catalog: Catalog, study: Study, units: Sequence[Unit]) -> None:
    cells = {cell.name: cell for cell in study.plan.cells}
    for unit in units:
        if unit.cell not in cells or unit.environment not in study.plan.environments:
            raise BadInput(
                f"`{study.path}` holds a study with `{unit.cell}` on {unit.environment}, which this one has not; "
                "give a new folder (`--out DIR`)"
            )
        now = compose_cell(catalog, cells[unit.cell], unit.environment)
        differing = _differing(unit.folder.manifest["composition"], now)
        if differing:
            raise BadInput(
                f"`{study.path}` holds a study in which `{unit.cell}` has other settings ({', '.join(differing)}); "
                "give a new folder (`--out DIR`)"
            )


def _differing(before: dict[str, object], now: Composition) -> Sequence[str]:
    old, new = _flat(before), _flat(msgspec.to_builtins(now.to_dict()))
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _flat(record: object, name: str = "") -> dict[str, object]:
    """`{"target.options.period": 500, ...}`, without versions: a newer plugin may go on with a study."""
    if not isinstance(record, dict):
        return {name: record}
    inner = [
        _flat(value, f"{name}.{key}".strip(".")) for key, value in record.items() if key not in ("version", "plugin")
    ]
    return {key: value for part in inner for key, value in part.items()}
