"""The data of the page's charts, as JSON for its script."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from rlzoo.results.statistics import Estimate
from rlzoo.studies.analysis.tables import Analysis, Effect
from rlzoo.studies.report.content import OVER_ALL, RANDOM_POLICY, label, levels, places
from rlzoo.studies.report.styles import SHOWN_AT_FIRST, CellStyle, cell_styles, shown_cells

DIGITS = 6
"""Significant digits: indistinguishable from full precision in a chart, at half the size."""

Json = dict[str, Any]


def chart_data(analysis: Analysis) -> Json:
    """Everything drawn on the page. Cells and places are indices into `cells` and `places`."""
    names = shown_cells(analysis.plan)
    cell = {name: index for index, name in enumerate(names)}
    where = places(analysis)
    place = {environment: index for index, environment in enumerate(where)}
    return {
        "cells": [
            {"name": name, "on": cell[name] < SHOWN_AT_FIRST, **_style(style)}
            for name, style in cell_styles(names, analysis.plan.base).items()
        ],
        "levels": [_style(style) for style in _level_styles(analysis)],
        "places": [
            {
                "name": OVER_ALL if name is None else name,
                "normalized": name is None,
                "levels": [
                    {"name": label, "y": _short(value), "dash": "dot" if label == RANDOM_POLICY else "dash"}
                    for label, value in levels(analysis.plan, name)
                ],
            }
            for name in where
        ],
        "measures": {
            measure.key: {"normalized": label(measure, None), "plain": label(measure, "")}
            for measure in analysis.measures
        },
        "curves": [
            {
                "cell": cell[curve.cell],
                "place": place[curve.environment],
                **_numbers(x=curve.steps, y=curve.center, low=curve.low, high=curve.high),
            }
            for curve in analysis.curves
        ],
        "diagnostics": [
            {
                "cell": cell[curve.cell],
                "place": place[curve.environment],
                "column": curve.measure,
                **_numbers(x=curve.steps, y=curve.center, low=curve.low, high=curve.high),
            }
            for curve in analysis.diagnostic_curves
        ],
        "intervals": [
            {"cell": cell[e.cell], "place": place[e.environment], "measure": e.measure, **_estimate(e.estimate)}
            for e in analysis.estimates
        ],
        "profiles": [
            {
                "cell": cell[profile.cell],
                "place": place[profile.environment],
                "measure": profile.measure,
                **_numbers(x=profile.thresholds, y=profile.share, low=profile.low, high=profile.high),
            }
            for profile in analysis.profiles
        ],
        "interactions": [data | {"place": place[data["environment"]]} for data in interactions(analysis)],
    }


def _style(style: CellStyle) -> Json:
    return {"hue": style.hue, "dash": style.dash[0], "marker": style.marker[0]}


def _level_styles(analysis: Analysis) -> list[CellStyle]:
    most = max(map(len, analysis.plan.factors.values()), default=0)
    return [*cell_styles([str(level) for level in range(most)], "0").values()]


def interactions(analysis: Analysis) -> Iterator[Json]:
    """For each pair of factors, the deviation of every pair of levels from the mean: main effects and interaction.

    `y` is `[levels of the second factor, levels of the first]`. Parallel lines mean no interaction.
    """
    for measure in analysis.measures:
        for environment in places(analysis):
            effects = [e for e in analysis.effects if (e.measure, e.environment) == (measure.key, environment)]
            for factors in itertools.combinations(analysis.plan.factors, 2):
                if any(effect.factors == list(factors) for effect in effects):
                    yield {
                        "measure": measure.key,
                        "environment": environment,
                        **_interaction(analysis, effects, factors),
                    }


def _interaction(analysis: Analysis, effects: Sequence[Effect], factors: tuple[str, str]) -> Json:
    deviation = {(tuple(e.factors), tuple(e.levels)): e.estimate.value for e in effects}
    one, other = factors
    rows, columns = analysis.plan.factors[other], analysis.plan.factors[one]
    p_holm = next(effect.p_holm for effect in effects if effect.factors == list(factors))

    def total(column: str, row: str) -> float | None:
        parts = [((one,), (column,)), ((other,), (row,)), (factors, (column, row))]
        return _short(sum(deviation[part] for part in parts)) if all(part in deviation for part in parts) else None

    return {
        "factors": list(factors),
        "levels": [columns, rows],
        "y": [[total(column, row) for column in columns] for row in rows],
        "p": p_holm,
    }


def _estimate(estimate: Estimate) -> Json:
    return {"y": _short(estimate.value), "low": _short(estimate.low), "high": _short(estimate.high)}


def _numbers(**lists: Sequence[float | None] | None) -> Json:
    return {name: None if values is None else [*map(_short, values)] for name, values in lists.items()}


def _short(value: float | None) -> float | None:
    """Rounded; None for infinity and NaN, which JSON does not have."""
    return None if value is None or not isfinite(value) else float(f"{value:.{DIGITS}g}")
