"""The numbers that the page's charts are drawn from, as plain data for its script."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from rlzoo.results.statistics import Estimate
from rlzoo.studies.analysis.tables import Analysis, Effect
from rlzoo.studies.report.content import OVER_ALL, label, places
from rlzoo.studies.report.looks import AT_FIRST, Look, looks, shown_cells

DIGITS = 6
"""Significant digits that no eye can tell from all of them, at half the size."""

Json = dict[str, Any]


def chart_data(analysis: Analysis) -> Json:
    """Everything drawn on the page. Cells and places are referred to by their numbers in `cells` and `places`."""
    names = shown_cells(analysis.plan)
    cell = {name: index for index, name in enumerate(names)}
    where = places(analysis)
    place = {environment: index for index, environment in enumerate(where)}
    return {
        "cells": [
            {"name": name, "on": cell[name] < AT_FIRST, **_look(look)}
            for name, look in looks(names, analysis.plan.base).items()
        ],
        "levels": [_look(look) for look in _looks_of_levels(analysis)],
        "places": [{"name": OVER_ALL if name is None else name, "normalised": name is None} for name in where],
        "measures": {
            measure.key: {"normalised": label(measure, None), "plain": label(measure, "")}
            for measure in analysis.measures
        },
        "curves": [
            {
                "cell": cell[own.cell],
                "place": place[own.environment],
                **_numbers(x=own.steps, y=own.centre, low=own.low, high=own.high),
            }
            for own in analysis.curves
        ],
        "intervals": [
            {"cell": cell[own.cell], "place": place[own.environment], "measure": own.measure, **_estimate(own.estimate)}
            for own in analysis.estimates
        ],
        "profiles": [
            {
                "cell": cell[own.cell],
                "place": place[own.environment],
                "measure": own.measure,
                **_numbers(x=own.thresholds, y=own.share, low=own.low, high=own.high),
            }
            for own in analysis.profiles
        ],
        "interactions": [own | {"place": place[own["environment"]]} for own in interactions(analysis)],
    }


def _look(look: Look) -> Json:
    return {"hue": look.hue, "dash": look.dash[0], "marker": look.marker[0]}


def _looks_of_levels(analysis: Analysis) -> list[Look]:
    most = max(map(len, analysis.plan.factors.values()), default=0)
    return [*looks([str(level) for level in range(most)], "0").values()]


def interactions(analysis: Analysis) -> Iterator[Json]:
    """For each pair of factors what every pair of levels adds to the mean: both main effects and their interaction.

    `y` is `[levels of the second factor, levels of the first]`. Lines that are parallel are no interaction.
    """
    for measure in analysis.measures:
        for environment in places(analysis):
            own = [e for e in analysis.effects if (e.measure, e.environment) == (measure.key, environment)]
            for factors in itertools.combinations(analysis.plan.factors, 2):
                if any(effect.factors == list(factors) for effect in own):
                    yield {"measure": measure.key, "environment": environment, **_interaction(analysis, own, factors)}


def _interaction(analysis: Analysis, effects: Sequence[Effect], factors: tuple[str, str]) -> Json:
    adds = {(tuple(own.factors), tuple(own.levels)): own.estimate.value for own in effects}
    one, other = factors
    rows, columns = analysis.plan.factors[other], analysis.plan.factors[one]
    p_holm = next(own.p_holm for own in effects if own.factors == list(factors))

    def added(column: str, row: str) -> float | None:
        parts = [((one,), (column,)), ((other,), (row,)), (factors, (column, row))]
        return _short(sum(adds[part] for part in parts)) if all(part in adds for part in parts) else None

    return {
        "factors": list(factors),
        "levels": [columns, rows],
        "y": [[added(column, row) for column in columns] for row in rows],
        "p": p_holm,
    }


def _estimate(own: Estimate) -> Json:
    return {"y": _short(own.value), "low": _short(own.low), "high": _short(own.high)}


def _numbers(**lists: Sequence[float | None] | None) -> Json:
    return {name: None if own is None else [*map(_short, own)] for name, own in lists.items()}


def _short(value: float | None) -> float | None:
    """What JSON has no word for, infinity and not-a-number, is left out."""
    return None if value is None or not isfinite(value) else float(f"{value:.{DIGITS}g}")
