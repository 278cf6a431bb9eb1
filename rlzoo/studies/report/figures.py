"""Figures for a paper: one column wide, as PNG and as SVG with text as text."""

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

from rlzoo.results.diagnosed import is_logarithmic
from rlzoo.results.statistics import Estimate
from rlzoo.studies.analysis.measures import DIAGNOSED
from rlzoo.studies.analysis.tables import Analysis, Measure
from rlzoo.studies.report.charts import Json, interactions
from rlzoo.studies.report.content import OVER_ALL, RANDOM_POLICY, label, levels, places, short
from rlzoo.studies.report.styles import SHOWN_AT_FIRST, CellStyle, cell_styles, shown_cells

WIDTH = 3.4
"""Inches: one column of a two-column paper."""
HEIGHT = 2.0
LINE = 0.12
"""Inches: the height of a line of text."""
PANELS = 2
"""Diagnostics beside each other."""
PANEL_HEIGHT = 1.1
MOST_ROWS = 40
"""Intervals that fit on a page of paper; the report has all of them."""
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
    "text.parse_math": False,  # `$` in a name is a dollar sign
    "svg.fonttype": "none",
    "svg.hashsalt": "rlzoo",
}


@dataclass(frozen=True)
class Picture:
    """A figure of a study and its file name without extension."""

    name: str
    kind: str
    title: str
    png: bytes
    svg: bytes


def pictures(analysis: Analysis) -> list[Picture]:
    """Learning curves, intervals, profiles and interactions for each place and measure that has them.

    Figures with lines have the cells that the page shows at first; those with intervals as many as fit on a page. The
    same analysis gives the same bytes.
    """
    names: set[str] = set()
    with mpl.rc_context(STYLE):
        return [_picture(drawn, names) for drawn in _figures(analysis)]


Drawn = tuple[list[str], Figure]
"""The parts of a figure's name, its kind first, and the figure."""
Points = Sequence[float | None]
Line = tuple[Points, Points, Points | None, Points | None]
"""x, y, and the lower and upper edge of the band."""


def _picture(drawn: Drawn, names: set[str]) -> Picture:
    """The figure in both formats, with a name that is not yet in `names`."""
    parts, figure = drawn
    name = _unused("-".join(map(_slug, parts)), names)
    title = " ".join(figure.get_suptitle().split())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # missing letters are drawn as boxes
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # keep the same layout for both formats
        return Picture(name, parts[0], title, _encoded(figure, "png"), _encoded(figure, "svg"))


def _figures(analysis: Analysis) -> Iterator[Drawn]:
    for environment in places(analysis):
        yield from _curves(analysis, environment)
        yield from _diagnostics(analysis, environment)
    for measure in analysis.measures:
        for environment in places(analysis):
            yield from _intervals(analysis, measure, environment)
            if measure not in DIAGNOSED:  # they have their own figure
                yield from _profiles(analysis, measure, environment)
    diagnosed = {measure.key for measure in DIAGNOSED}
    for data in interactions(analysis):
        if data["measure"] not in diagnosed:
            yield _interaction(analysis, data)


def _curves(analysis: Analysis, environment: str | None) -> Iterator[Drawn]:
    curves = [curve for curve in analysis.curves if curve.environment == environment]
    if curves:
        figure, axes = _empty(_name(environment))
        _draw_lines(axes, analysis, {c.cell: (c.steps, c.center, c.low, c.high) for c in curves})
        _note_subset(figure, min(SHOWN_AT_FIRST, len(curves)), len(curves))
        for name, value in levels(analysis.plan, environment):
            dashes = ":" if name == RANDOM_POLICY else "--"
            axes.axhline(value, color="black", linestyle=dashes, linewidth=0.8, zorder=0, label=f"{name} ({value:.4g})")
        _legend(figure, axes)
        axes.set(xlabel="environment steps per seed", ylabel="return")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        yield ["curves", _name(environment)], figure


def _diagnostics(analysis: Analysis, environment: str | None) -> Iterator[Drawn]:
    """A panel for each diagnostic."""
    curves = [curve for curve in analysis.diagnostic_curves if curve.environment == environment]
    measures = [measure for measure in analysis.measures if any(curve.measure == measure.key for curve in curves)]
    if measures:
        rows = -(-len(measures) // PANELS)
        figure = Figure(layout="constrained")
        panels = figure.subplots(rows, PANELS, sharex=True, squeeze=False).flatten().tolist()
        for measure, panel in zip(measures, panels, strict=False):
            shown = [curve for curve in curves if curve.measure == measure.key]
            _draw_lines(panel, analysis, {c.cell: (c.steps, c.center, c.low, c.high) for c in shown})
            panel.set_title(_wrapped(label(measure, ""), 36), loc="left", size=STYLE["legend.fontsize"])
            panel.xaxis.set_major_formatter(EngFormatter(sep=""))
            if is_logarithmic(_array([[c.center, c.low] for c in shown])):
                panel.set_yscale("log")
                panel.yaxis.set_major_formatter(EngFormatter(sep=""))
        for panel in panels[len(measures) :]:
            panel.remove()
        for panel in panels[max(0, len(measures) - PANELS) : len(measures)]:
            panel.set_xlabel("environment steps per seed")
            panel.xaxis.set_tick_params(labelbottom=True)
        _entitle(figure, _wrapped(f"Diagnostics, {_name(environment)}", 60))
        cells = {curve.cell for curve in curves}
        _note_subset(figure, min(SHOWN_AT_FIRST, len(cells)), len(cells))
        _legend(figure, max(panels, key=lambda panel: len(panel.get_lines())), rows * PANEL_HEIGHT)
        yield ["diagnostics", _name(environment)], figure


def _profiles(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Drawn]:
    profiles = [p for p in analysis.profiles if (p.measure, p.environment) == (measure.key, environment)]
    if profiles:
        figure, axes = _empty(f"{short(measure)}, {_name(environment)}")
        _draw_lines(axes, analysis, {p.cell: (p.thresholds, p.share, p.low, p.high) for p in profiles})
        _note_subset(figure, min(SHOWN_AT_FIRST, len(profiles)), len(profiles))
        _legend(figure, axes)
        axes.set(xlabel=_wrapped(label(measure, environment), 50), ylabel="share of runs above", ylim=(-0.03, 1.03))
        yield ["profiles", measure.key, _name(environment)], figure


def _draw_lines(axes: Axes, analysis: Analysis, lines: Mapping[str, Line]) -> None:
    """Draw those of the cells that the page shows at first."""
    styles = cell_styles(shown_cells(analysis.plan), analysis.plan.base)
    for cell in [cell for cell in styles if cell in lines][:SHOWN_AT_FIRST]:
        _draw_line(axes, lines[cell], styles[cell], cell)


def _draw_line(axes: Axes, line: Line, style: CellStyle, name: str) -> None:
    x, y, low, high = line
    axes.plot(_array(x), _array(y), label=name, markevery=max(1, len(x) // 7), **_style(style))
    if low is not None and high is not None:
        axes.fill_between(_array(x), _array(low), _array(high), color=style.colour, alpha=0.15, linewidth=0)


def _intervals(analysis: Analysis, measure: Measure, environment: str | None) -> Iterator[Drawn]:
    estimates = [e for e in analysis.estimates if (e.measure, e.environment) == (measure.key, environment)]
    of_cell = {estimate.cell: estimate.estimate for estimate in estimates}
    if of_cell:
        figure, axes = _empty(f"{short(measure)}, {_name(environment)}")
        figure.supxlabel(_wrapped(label(measure, environment), 60), size=axes.xaxis.label.get_fontsize())
        _draw_intervals(figure, axes, analysis, of_cell)
        if analysis.plan.base in of_cell:
            axes.axvline(of_cell[analysis.plan.base].value, color="black", linestyle=":", linewidth=0.8, zorder=0)
        yield ["intervals", measure.key, _name(environment)], figure


def _draw_intervals(figure: Figure, axes: Axes, analysis: Analysis, estimates: Mapping[str, Estimate]) -> None:
    """Draw a row for each cell."""
    styles = cell_styles(shown_cells(analysis.plan), analysis.plan.base)
    cells = [cell for cell in styles if cell in estimates][:MOST_ROWS]
    names, colours = [_wrapped(cell, 32) for cell in cells], [styles[cell].colour for cell in cells]
    drawn = [estimates[cell] for cell in cells]
    values, lows, highs = _array([(estimate.value, estimate.low, estimate.high) for estimate in drawn]).T
    axes.hlines(range(len(cells)), lows, highs, colors=colours)
    axes.scatter(values, range(len(cells)), c=colours, s=9, zorder=3)
    axes.set_yticks(range(len(cells)), names)
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    _note_subset(figure, len(cells), len(estimates))
    rows = _rows(names) + _rows([figure.get_suptitle(), figure.get_supxlabel()]) - 2
    figure.set_size_inches(WIDTH, 0.6 + 0.06 * len(cells) + LINE * rows)


def _note_subset(figure: Figure, drawn: int, total: int) -> None:
    if drawn < total:
        _entitle(figure, f"{figure.get_suptitle()}\n(the base and {drawn - 1} others of {total} cells)")


def _interaction(analysis: Analysis, data: Json) -> Drawn:
    (one, other), (columns, rows) = data["factors"], data["levels"]
    measure = next(measure for measure in analysis.measures if measure.key == data["measure"])
    figure, axes = _empty(f"{short(measure)}, {_name(data['environment'])}: {one} × {other}")
    for (row, style), heights in zip(cell_styles(rows, rows[0]).items(), data["y"], strict=True):
        axes.plot(range(len(columns)), _array(heights), label=f"{other}={row}", **_style(style))
    crowded = sum(map(len, columns)) > 40
    axes.set_xticks(range(len(columns)), [_wrapped(level, 16) for level in columns], rotation=90 if crowded else 0)
    axes.set(xlabel=one, ylabel=_wrapped(f"deviation from the mean of {label(measure, data['environment'])}", 24))
    _legend(figure, axes)
    return ["interactions", measure.key, _name(data["environment"]), one, other], figure


def _style(style: CellStyle) -> dict[str, Any]:
    return {"color": style.colour, "linestyle": style.dash[1], "marker": style.marker[1]}


def _empty(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    _entitle(figure, _wrapped(title, 60))
    return figure, axes


def _entitle(figure: Figure, title: str) -> None:
    """Set the title of the whole figure, since the axes may be narrow beside long names."""
    figure.suptitle(title, x=0.01, ha="left", size=figure.axes[0].title.get_fontsize())


def _legend(figure: Figure, axes: Axes, height: float = HEIGHT) -> None:
    """Draw the legend below. Names are set afterwards, since Matplotlib leaves out those that begin with `_`."""
    lines = axes.get_lines()
    names = [_wrapped(str(line.get_label()), 60) for line in lines]
    columns = max(1, 60 // (max(map(len, names), default=0) + 7))
    legend = figure.legend(lines, ["-"] * len(lines), loc="outside lower center", frameon=False, ncols=columns)
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
    rows = _rows(names) / columns + _rows([figure.get_suptitle(), axes.get_xlabel()]) - 2
    figure.set_size_inches(WIDTH, height + LINE * rows)


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
    """A name of letters that are safe in file names and links."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50] or "unnamed"


def _unused(name: str, used: set[str]) -> str:
    """`name`, with a number if it is taken."""
    candidates = (name, *(f"{name}-{number}" for number in range(2, len(used) + 3)))
    free = next(candidate for candidate in candidates if candidate not in used)
    used.add(free)
    return free
