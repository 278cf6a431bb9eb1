"""From a question to its plan, with everything about it checked before anything trains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from msgspec import structs

from rlzoo.contracts import RandomReturn
from rlzoo.contracts.errors import OptionError, buildable, nearest
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import default_environment
from rlzoo.registry.seeds import check_seeds
from rlzoo.results.random_policy import random_return
from rlzoo.studies.analysis.measures import registered_thresholds
from rlzoo.studies.design.confounds import confounds
from rlzoo.studies.design.designer import Designer, compose_cell
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.design.question import Question
from rlzoo.studies.statistics.sequential import FEWEST_TO_LOOK, planned_looks
from rlzoo.training.groups import Group, check_group

SEEDS = 10
"""Seeds of each cell by default."""
MAX_SEEDS = 100
"""The most seeds of each cell by default where seeds are added."""


def make_plan(catalog: Catalog, question: Question, name: str, command: str) -> Plan:
    """The plan that answers a question. Raises BadInput for an invalid question."""
    if not question.env:
        question = structs.replace(question, env=[default_environment(catalog, question.algorithm)])
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
    _check_base(catalog, plan)
    measured = dict(_random_returns(catalog, plan))
    return structs.replace(plan, random_returns=measured, confounds=list(confounds(catalog, plan)))


def _random_returns(catalog: Catalog, plan: Plan) -> Iterator[tuple[str, RandomReturn]]:
    for environment in plan.environments:
        composition = compose_cell(catalog, plan.cell(plan.base), environment)
        measured = random_return(composition.components["environment"])
        if measured is not None:
            yield environment, measured


def _first_seeds(question: Question) -> int | list[int]:
    """The seeds to start with."""
    if question.seeds is not None:
        return question.seeds
    return SEEDS if question.until_width is None else FEWEST_TO_LOOK


def _looks(question: Question, seeds: Sequence[int]) -> list[int]:
    """The numbers of seeds at which the study looks whether it may stop; empty if their number is fixed."""
    if question.until_width is None:
        if question.max_seeds is not None:
            raise OptionError("`--max-seeds` has no effect without `--until-width`")
        return []
    if seeds != list(range(len(seeds))):
        raise OptionError("`--until-width` needs the number of seeds, not a list: it adds seeds to 0, 1, 2, ...")
    if not 0 <= question.until_width < math.inf:
        raise OptionError(f"`--until-width {question.until_width}` is not a valid width; give a number of 0 or more")
    return planned_looks(len(seeds), MAX_SEEDS if question.max_seeds is None else question.max_seeds)


def _check_thresholds(question: Question) -> None:
    for environment, threshold in question.thresholds.items():
        if not math.isfinite(threshold):
            raise OptionError(f"`--threshold {environment}={threshold}` is not a finite return")
        if environment not in question.env:
            close, valid = nearest(environment, question.env), ", ".join(question.env)
            raise OptionError(f"`--threshold {environment}`: not an environment of this study.{close} Valid: {valid}")


def _check_base(catalog: Catalog, plan: Plan) -> None:
    """Raise BadInput if the base does not fit an environment. Other cells that do not fit fail when they train."""
    base = plan.cell(plan.base)
    for environment in plan.environments:
        with buildable():
            check_group(Group(compose_cell(catalog, base, environment), plan.seeds[:1], "cpu"))


def few_updates(catalog: Catalog, plan: Plan) -> Iterator[str]:
    """Yield a warning for each reason why cells hardly learn, with the cells."""
    cells: dict[str, list[str]] = {}
    for cell in plan.runnable:
        reason = compose_cell(catalog, cell, plan.environments[0]).train.few_updates
        if reason:
            cells.setdefault(reason, []).append(cell.name)
    for reason, names in cells.items():
        which = "every cell" if len(names) == len(plan.runnable) else ", ".join(f"`{name}`" for name in names)
        yield f"{which}: {reason}"
