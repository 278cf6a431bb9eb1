"""Pictures fit for a paper: one column wide, as PNG and as SVG whose text is text."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from rlzoo.ablation.analysis import Analysis, Curve, Measure, Profile
from rlzoo.ablation.report.charts import Json, interactions
from rlzoo.ablation.report.content import OVER_ALL, label, places
from rlzoo.ablation.report.looks import AT_FIRST, Look, looks, shown_cells

WIDTH = 3.4
"""Inches: a column of a paper in two."""
HEIGHT = 2.0
LINE = 0.12
"""Of a line of text."""
STYLE: Any = {
    "font.size": 7,
    "legend.fontsize": 6,
    "axes.titlesize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "text.parse_math": False,  # `$` in a name is a dollar
    "svg.fonttype": "none",
    "svg.hashsalt": "rlzoo",
}


@dataclass(frozen=True)
class Picture:
    """A figure of a study, as files called `name`."""

    name: str
    kind: str
    title: str
    png: bytes
    svg: bytes


def pictures(analysis: Analysis) -> Iterator[Picture]:
    """Learning curves, intervals, profiles and interactions, wherever there are any, of each place and measure.

    Lines are drawn of as many cells as the page shows at first, intervals of all. The same analysis gives the same
    bytes.
    """
    names: set[str] = set()
    with mpl.rc_context(STYLE):
        for kind, parts, figure, axes in _figures(analysis):
            name = _unused("-".join([kind, *map(_slug, parts)]), names)
            axes.set_title(_wrapped(", ".join(parts), 60), loc="left")
            figure.draw_without_rendering()
            figure.set_layout_engine("none")  # it is laid out now, for both formats
            yield Picture(name, kind, f"{kind}: {', '.join(parts)}", _encoded(figure, "png"), _encoded(figure, "svg"))


Drawn = tuple[str, list[str], Figure, Axes]


def _figures(analysis: Analysis) -> Iterator[Drawn]:
    """The kind of each figure, what it is about, and the figure."""
    for environment in places(analysis):
        yield from _curves(analysis, environment)
    for measure in analysis.measures:
        for environment in places(analysis):
            yield from _intervals(analysis, measure, environment)
            yield from _profiles(analysis, measure, environment)
    for own in interactions(analysis):
        yield _interaction(analysis, own)


def _curves(analysis: Analysis, environment: str | None) -> Iterator[Drawn]:
    own = [curve for curve in analysis.curves if curve.environment == environment]
    if own:
        figure, axes = _empty(HEIGHT)
        _draw_lines(axes, analysis, {curve.cell: curve for curve in own})
        axes.set(xlabel="environment steps per seed", ylabel="return")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        yield "curves", [_name(environment)], figure, axes


def _profiles(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Drawn]:
    own = [part for part in analysis.profiles if (part.measure, part.environment) == (measure.key, environment)]
    if own:
        figure, axes = _empty(HEIGHT)
        _draw_lines(axes, analysis, {profile.cell: profile for profile in own})
        axes.set(xlabel=label(measure, environment), ylabel="share of runs above", ylim=(-0.03, 1.03))
        yield "profiles", [measure.label, _name(environment)], figure, axes


def _draw_lines(axes: Axes, analysis: Analysis, own: dict[str, Curve] | dict[str, Profile]) -> None:
    shown = shown_cells(analysis.plan)
    for cell, look in looks(shown, analysis.plan.base).items():
        if cell in own and cell in shown[:AT_FIRST]:
            _draw_line(axes, own[cell], look, cell)
    _legend(axes)


def _draw_line(axes: Axes, own: Curve | Profile, look: Look, name: str) -> None:
    steps, centre = (own.steps, own.centre) if isinstance(own, Curve) else (own.thresholds, own.share)
    axes.plot(steps, _array(centre), label=name, markevery=max(1, len(steps) // 7), **_style(look))
    if own.low is not None and own.high is not None:
        axes.fill_between(steps, _array(own.low), _array(own.high), color=look.colour, alpha=0.15, linewidth=0)


def _intervals(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Drawn]:
    """A row for each cell."""
    shown = looks(shown_cells(analysis.plan), analysis.plan.base)
    part = {own.cell: own for own in analysis.estimates if (own.measure, own.environment) == (measure.key, environment)}
    own = {cell: part[cell].estimate for cell in shown if cell in part}
    if own:
        names, colours = [_wrapped(cell, 32) for cell in own], [shown[cell].colour for cell in own]
        figure, axes = _empty(0.6 + 0.06 * len(own) + LINE * sum(name.count("\n") + 1 for name in names))
        values, lows, highs = (
            _array([getattr(each, field) for each in own.values()]) for field in Estimate.__struct_fields__
        )
        axes.hlines(range(len(own)), lows, highs, colors=colours)
        axes.scatter(values, range(len(own)), c=colours, s=9, zorder=3)
        if analysis.plan.base in own:
            axes.axvline(own[analysis.plan.base].value, color="black", linestyle=":", linewidth=0.8, zorder=0)
        axes.set_yticks(range(len(own)), names)
        axes.set(xlabel=label(measure, environment), ylim=(len(own) - 0.5, -0.5))
        axes.grid(visible=False, axis="y")
        yield "intervals", [measure.label, _name(environment)], figure, axes


def _interaction(analysis: Analysis, own: Json) -> Drawn:
    (one, other), (columns, rows) = own["factors"], own["levels"]
    measure = next(measure for measure in analysis.measures if measure.key == own["measure"])
    figure, axes = _empty(HEIGHT)
    for (row, look), heights in zip(looks(rows, rows[0]).items(), own["y"], strict=True):
        axes.plot(range(len(columns)), _array(heights), label=f"{other}={row}", **_style(look))
    crowded = sum(map(len, columns)) > 40
    axes.set_xticks(range(len(columns)), [_wrapped(level, 16) for level in columns], rotation=90 if crowded else 0)
    axes.set(xlabel=one, ylabel=f"adds to the mean of\n{label(measure, own['environment'])}")
    _legend(axes)
    return "interactions", [measure.label, _name(own["environment"]), f"{one} × {other}"], figure, axes


def _style(look: Look) -> dict[str, Any]:
    return {"color": look.colour, "linestyle": look.dash[1], "marker": look.marker[1]}


def _empty(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def _legend(axes: Axes) -> None:
    """Below, with room of its own. A name may begin with what Matplotlib would leave out, so it is set afterwards."""
    figure, lines = axes.figure, axes.get_lines()
    names = [_wrapped(str(line.get_label()), 60) for line in lines]
    columns = max(1, 60 // (max(map(len, names), default=0) + 7))
    legend = figure.legend(lines, ["-"] * len(lines), loc="outside lower center", frameon=False, ncols=columns)
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
    rows = sum(name.count("\n") + 1 for name in names) / columns
    figure.set_size_inches(WIDTH, HEIGHT + LINE * rows)


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width)


def _array(values: Sequence[Any]) -> np.ndarray:
    return np.array(values, float)


def _name(environment: str | None) -> str:
    return OVER_ALL if environment is None else environment


def _encoded(figure: Figure, file_format: str) -> bytes:
    picture = io.BytesIO()
    metadata = {"Date": None} if file_format == "svg" else {}
    figure.savefig(picture, format=file_format, dpi=300, metadata=metadata)
    return picture.getvalue()


def _slug(text: str) -> str:
    """Of letters that any file system and any link bears."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50] or "unnamed"


def _unused(name: str, used: set[str]) -> str:
    """`name`, with a number where others were cut down to the same."""
    candidates = (name, *(f"{name}-{number}" for number in range(2, len(used) + 3)))
    free = next(candidate for candidate in candidates if candidate not in used)
    used.add(free)
    return free
