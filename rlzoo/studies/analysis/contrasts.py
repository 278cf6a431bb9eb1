"""Which cells to hold against each other to learn about a level of a factor, or about a variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from rlzoo.studies.analysis.scores import Scores
from rlzoo.studies.design.plan import Cell, Plan


@dataclass(frozen=True)
class Contrast:
    """A level of a factor (or a variant) against the base's, over all pairs of cells that differ in nothing else."""

    subject: str
    level: str
    base: str
    pairs: Sequence[tuple[str, str]]
    """Names of cells that train: one with the level, one with the base's."""


def contrasts(plan: Plan) -> list[Contrast]:
    """One for each level but the base's of each factor; of each variant in a list of them.

    A level that makes no other composition than the base's has none. One that cannot exist has no pairs.
    """
    match plan.design:
        case "list":
            found = [_against_base(plan, cell, cell.name, cell.name, plan.base) for cell in plan.cells]
        case "one-at-a-time":
            found = [
                _against_base(plan, cell, factor, level, _base_level(plan, factor))
                for cell in plan.cells
                for factor, level in cell.levels.items()
            ]
        case "full":
            found = [
                Contrast(factor, level, levels[0], _twins(plan, factor, level))
                for factor, levels in plan.factors.items()
                for level in levels[1:]
            ]
    return [one for one in found if not one.pairs or any(cell != base for cell, base in one.pairs)]


def differences(contrast: Contrast, scores: Scores, by_seed: np.ndarray) -> np.ndarray:
    """Level minus base for each seed that both have in all pairs of cells, the mean over the pairs, `[S]`.

    A pair of cells of which no seed has both, since all of one failed, is left out.
    """
    rows = np.array([[scores.cells.index(name) for name in pair] for pair in contrast.pairs], int).reshape(-1, 2)
    values = by_seed[rows[:, 0]] - by_seed[rows[:, 1]]  # [pairs, S]
    known = values[np.isfinite(values).any(1)]
    return known[:, np.isfinite(known).all(0)].mean(0) if len(known) else np.empty(0)


def factorial(plan: Plan, scores: Scores, by_seed: np.ndarray) -> np.ndarray | None:
    """The scores as `[S, levels of factor 0, ...]`, of seeds that all cells have; None unless the factorial is full."""
    cells = {tuple(cell.levels.values()): cell for cell in plan.cells if _matches(cell, plan)}
    combinations = list(product(*plan.factors.values()))
    if plan.design != "full" or any(combination not in cells for combination in combinations):
        return None
    rows = [scores.cells.index(trained(plan, cells[combination].name)) for combination in combinations]
    values = by_seed[rows].T.reshape(-1, *map(len, plan.factors.values()))
    return values[np.isfinite(values).all(tuple(range(1, values.ndim)))]


def _matches(cell: Cell, plan: Plan) -> bool:
    return cell.impossible is None and list(cell.levels) == list(plan.factors)


def _against_base(plan: Plan, cell: Cell, subject: str, level: str, base: str) -> Contrast:
    pairs = [] if cell.impossible else [(trained(plan, cell.name), trained(plan, plan.base))]
    return Contrast(subject, level, base, pairs)


def _base_level(plan: Plan, factor: str) -> str:
    """The level that the base has: one of those asked for, or else what the algorithm has of its own."""
    same = [cell.levels[factor] for cell in plan.cells if factor in cell.levels and cell.same_as == plan.base]
    return same[0] if same else plan.base


def _twins(plan: Plan, factor: str, level: str) -> list[tuple[str, str]]:
    """Every possible cell with the level whose twin with the base's level is possible, too."""
    possible = {frozenset(cell.levels.items()): cell.name for cell in plan.cells if cell.impossible is None}
    with_level = [cell for cell in plan.cells if cell.impossible is None and cell.levels[factor] == level]
    twins = {
        cell.name: possible.get(frozenset({**cell.levels, factor: plan.factors[factor][0]}.items()))
        for cell in with_level
    }
    return [(trained(plan, name), trained(plan, twin)) for name, twin in twins.items() if twin is not None]


def trained(plan: Plan, name: str) -> str:
    """The cell whose runs it takes."""
    return plan.cell(name).same_as or name
