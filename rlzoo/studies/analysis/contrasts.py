"""Contrasts: which cells to compare in order to learn about a level of a factor, or about a variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rlzoo.studies.analysis.score_table import ScoreTable
from rlzoo.studies.design.plan import Cell, Plan


@dataclass(frozen=True)
class Contrast:
    """A level of a factor (or a variant) against the base's, over all pairs of cells that differ in nothing else."""

    subject: str
    """The factor, or the variant."""
    level: str
    """As shown to readers: `target=soft`, or the name of a variant in quotes."""
    base: str
    """What the level is compared with, likewise."""
    pairs: Sequence[tuple[str, str]]
    """Names of cells that train: one with the level, one with the base's level."""
    averaged_over: Sequence[str] = ()
    """The other factors, over whose levels the difference is averaged."""


def contrasts(plan: Plan) -> list[Contrast]:
    """One for each level of each factor except the base's, or for each variant in a list of variants.

    A level whose composition equals the base's has none. An invalid level has no pairs.
    """
    match plan.design:
        case "list":
            found = [_with_base(plan, cell, cell.name, _quoted(cell.name), _quoted(plan.base)) for cell in plan.cells]
        case "one-at-a-time":
            found = [
                _with_base(plan, cell, factor, f"{factor}={level}", _base_level(plan, factor))
                for cell in plan.cells
                for factor, level in cell.levels.items()
            ]
        case "full":
            found = [
                _crossed(plan, factor, level, levels[0])
                for factor, levels in plan.factors.items()
                for level in levels[1:]
            ]
    return [contrast for contrast in found if not contrast.pairs or any(cell != base for cell, base in contrast.pairs)]


def contrast_differences(contrast: Contrast, scores: ScoreTable, by_seed: np.ndarray) -> np.ndarray:
    """Level minus base for each seed that all pairs of cells have, averaged over the pairs, `[S]`.

    A pair of cells without a common seed, since all runs of one failed, is left out.
    """
    rows = np.array([[scores.cells.index(name) for name in pair] for pair in contrast.pairs], int).reshape(-1, 2)
    values = by_seed[rows[:, 0]] - by_seed[rows[:, 1]]  # [pairs, S]
    known = values[np.isfinite(values).any(1)]
    return known[:, np.isfinite(known).all(0)].mean(0) if len(known) else np.empty(0)


def trained_as(plan: Plan, name: str) -> str:
    """The cell whose runs a cell uses: itself, or the one with the same composition."""
    return plan.cell(name).same_as or name


def _with_base(plan: Plan, cell: Cell, subject: str, level: str, base: str) -> Contrast:
    pairs = [] if cell.impossible else [(trained_as(plan, cell.name), trained_as(plan, plan.base))]
    return Contrast(subject, level, base, pairs)


def _crossed(plan: Plan, factor: str, level: str, base: str) -> Contrast:
    others = [name for name in plan.factors if name != factor]
    return Contrast(factor, f"{factor}={level}", f"{factor}={base}", _twins(plan, factor, level), others)


def _base_level(plan: Plan, factor: str) -> str:
    """The base's level of a factor if it is among those asked for, else the algorithm's name."""
    same = [cell.levels[factor] for cell in plan.cells if factor in cell.levels and cell.same_as == plan.base]
    return f"{factor}={same[0]}" if same else _quoted(plan.base)


def _quoted(name: str) -> str:
    return f"“{name}”"


def _twins(plan: Plan, factor: str, level: str) -> list[tuple[str, str]]:
    """Every valid cell with the level, with its twin that has the base's level, if that is valid too."""
    valid = {frozenset(cell.levels.items()): cell.name for cell in plan.cells if cell.impossible is None}
    with_level = [cell for cell in plan.cells if cell.impossible is None and cell.levels[factor] == level]
    twins = {
        cell.name: valid.get(frozenset({**cell.levels, factor: plan.factors[factor][0]}.items())) for cell in with_level
    }
    return [(trained_as(plan, name), trained_as(plan, twin)) for name, twin in twins.items() if twin is not None]
