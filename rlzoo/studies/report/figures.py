"""Pictures fit for a paper: one column wide, as PNG and as SVG whose text is text."""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from rlzoo.results.statistics import Estimate
from rlzoo.studies.analysis.tables import Analysis, Measure
from rlzoo.studies.report.charts import Json, interactions
from rlzoo.studies.report.content import OVER_ALL, label, places, short
from rlzoo.studies.report.looks import AT_FIRST, Look, looks, shown_cells

WIDTH = 3.4
"""Inches: a column of a paper in two."""
HEIGHT = 2.0
LINE = 0.12
"""Of a line of text."""
MOST_ROWS = 40
"""Intervals that fit on a page; the report has all of them."""
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


def pictures(analysis: Analysis) -> list[Picture]:
    """Learning curves, intervals, profiles and interactions, wherever there are any, of each place and measure.

    Lines are of as many cells as the page shows at first; intervals of as many as a page of paper holds. The same
    analysis gives the same bytes.
    """
    names: set[str] = set()
    with mpl.rc_context(STYLE):
        return [_picture(drawn, names) for drawn in _figures(analysis)]


Drawn = tuple[list[str], Figure]
"""What makes the name of a figure, its kind first, and the figure."""
Points = Sequence[float | None]
Line = tuple[Points, Points, Points | None, Points | None]
"""Where, the line, and its band."""


def _picture(drawn: Drawn, names: set[str]) -> Picture:
    """Pictures in both formats, under a name that is added to `names`."""
    parts, figure = drawn
    name = _unused("-".join(map(_slug, parts)), names)
    title = " ".join(figure.get_suptitle().split())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a box for each letter that the font lacks is enough
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # it is laid out now, for both formats
        return Picture(name, parts[0], title, _encoded(figure, "png"), _encoded(figure, "svg"))


def _figures(analysis: Analysis) -> Iterator[Drawn]:
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
        figure, axes = _empty(_name(environment))
        _draw_lines(figure, axes, analysis, {c.cell: (c.steps, c.centre, c.low, c.high) for c in own})
        axes.set(xlabel="environment steps per seed", ylabel="return")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        yield ["curves", _name(environment)], figure


def _profiles(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Drawn]:
    own = [part for part in analysis.profiles if (part.measure, part.environment) == (measure.key, environment)]
    if own:
        figure, axes = _empty(f"{short(measure)}, {_name(environment)}")
        _draw_lines(figure, axes, analysis, {p.cell: (p.thresholds, p.share, p.low, p.high) for p in own})
        axes.set(xlabel=_wrapped(label(measure, environment), 50), ylabel="share of runs above", ylim=(-0.03, 1.03))
        yield ["profiles", measure.key, _name(environment)], figure


def _draw_lines(figure: Figure, axes: Axes, analysis: Analysis, lines: Mapping[str, Line]) -> None:
    shown = looks(shown_cells(analysis.plan), analysis.plan.base)
    drawn = [cell for cell in shown if cell in lines][:AT_FIRST]
    for cell in drawn:
        _draw_line(axes, lines[cell], shown[cell], cell)
    _tell_subset(figure, len(drawn), len(lines))
    _legend(figure, axes)


def _draw_line(axes: Axes, line: Line, look: Look, name: str) -> None:
    where, centre, low, high = line
    axes.plot(_array(where), _array(centre), label=name, markevery=max(1, len(where) // 7), **_style(look))
    if low is not None and high is not None:
        axes.fill_between(_array(where), _array(low), _array(high), color=look.colour, alpha=0.15, linewidth=0)


def _intervals(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Drawn]:
    own = {e.cell: e.estimate for e in analysis.estimates if (e.measure, e.environment) == (measure.key, environment)}
    if own:
        figure, axes = _empty(f"{short(measure)}, {_name(environment)}")
        figure.supxlabel(_wrapped(label(measure, environment), 60), size=axes.xaxis.label.get_fontsize())
        _draw_intervals(figure, axes, analysis, own)
        if analysis.plan.base in own:
            axes.axvline(own[analysis.plan.base].value, color="black", linestyle=":", linewidth=0.8, zorder=0)
        yield ["intervals", measure.key, _name(environment)], figure


def _draw_intervals(figure: Figure, axes: Axes, analysis: Analysis, own: Mapping[str, Estimate]) -> None:
    """A row for each cell."""
    shown = looks(shown_cells(analysis.plan), analysis.plan.base)
    cells = [cell for cell in shown if cell in own][:MOST_ROWS]
    names, colours = [_wrapped(cell, 32) for cell in cells], [shown[cell].colour for cell in cells]
    values, lows, highs = _array([(own[cell].value, own[cell].low, own[cell].high) for cell in cells]).T
    axes.hlines(range(len(cells)), lows, highs, colors=colours)
    axes.scatter(values, range(len(cells)), c=colours, s=9, zorder=3)
    axes.set_yticks(range(len(cells)), names)
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    _tell_subset(figure, len(cells), len(own))
    rows = _rows(names) + _rows([figure.get_suptitle(), figure.get_supxlabel()]) - 2
    figure.set_size_inches(WIDTH, 0.6 + 0.06 * len(cells) + LINE * rows)


def _tell_subset(figure: Figure, drawn: int, there: int) -> None:
    if drawn < there:
        _entitle(figure, f"{figure.get_suptitle()}\n(the base and {drawn - 1} more of {there} cells)")


def _interaction(analysis: Analysis, own: Json) -> Drawn:
    (one, other), (columns, rows) = own["factors"], own["levels"]
    measure = next(measure for measure in analysis.measures if measure.key == own["measure"])
    figure, axes = _empty(f"{short(measure)}, {_name(own['environment'])}: {one} × {other}")
    for (row, look), heights in zip(looks(rows, rows[0]).items(), own["y"], strict=True):
        axes.plot(range(len(columns)), _array(heights), label=f"{other}={row}", **_style(look))
    crowded = sum(map(len, columns)) > 40
    axes.set_xticks(range(len(columns)), [_wrapped(level, 16) for level in columns], rotation=90 if crowded else 0)
    axes.set(xlabel=one, ylabel=_wrapped(f"adds to the mean of {label(measure, own['environment'])}", 24))
    _legend(figure, axes)
    return ["interactions", measure.key, _name(own["environment"]), one, other], figure


def _style(look: Look) -> dict[str, Any]:
    return {"color": look.colour, "linestyle": look.dash[1], "marker": look.marker[1]}


def _empty(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    _entitle(figure, _wrapped(title, 60))
    return figure, axes


def _entitle(figure: Figure, title: str) -> None:
    """Over the whole figure: the axes may be narrow, beside long names."""
    figure.suptitle(title, x=0.01, ha="left", size=figure.axes[0].title.get_fontsize())


def _legend(figure: Figure, axes: Axes) -> None:
    """Below, with room of its own. A name may begin with what Matplotlib would leave out, so it is set afterwards."""
    lines = axes.get_lines()
    names = [_wrapped(str(line.get_label()), 60) for line in lines]
    columns = max(1, 60 // (max(map(len, names), default=0) + 7))
    legend = figure.legend(lines, ["-"] * len(lines), loc="outside lower center", frameon=False, ncols=columns)
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
    rows = _rows(names) / columns + _rows([figure.get_suptitle(), axes.get_xlabel()]) - 2
    figure.set_size_inches(WIDTH, HEIGHT + LINE * rows)


def _rows(texts: Sequence[str]) -> int:
    return sum(text.count("\n") + 1 for text in texts)


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
