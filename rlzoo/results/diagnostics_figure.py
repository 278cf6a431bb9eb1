"""The picture of a run's diagnostics: a panel for each, over the same steps as the return."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from rlzoo.contracts.diagnostics import DIAGNOSTICS
from rlzoo.contracts.log import WINDOW
from rlzoo.results.curves import QUANTITIES, Curves, main_quantity, read_curves
from rlzoo.results.diagnosed import Found, curves_of, heading, is_logarithmic, read_diagnostics
from rlzoo.results.files import write_whole
from rlzoo.results.plotting import draw_curves, encoded, title
from rlzoo.results.run_folder import RunFolder

COLUMNS = 3
SIZE = (3.6, 2.1)
"""Inches of a panel."""


def draw_run(path: Path) -> None:
    """Draw `diagnostics.png` of the run in the folder `path`, if anything has been found.

    Raises OSError if it cannot be written.
    """
    folder = RunFolder(path)
    found = read_diagnostics(folder)
    if any(found.values()):
        write_whole(path / "diagnostics.png", encoded(draw_diagnostics(folder, found), "png"))


def draw_diagnostics(folder: RunFolder, found: Mapping[int, Found]) -> Figure:
    """The return and each diagnostic, seed by seed and together."""
    shown = [it for it in DIAGNOSTICS if any(it.column in of_seed for of_seed in found.values())]
    rows = -(-(len(shown) + 1) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * SIZE[0], rows * SIZE[1] + 0.6), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, sharex=True, squeeze=False).flatten().tolist()
    figure.suptitle(title(folder), x=0.01, ha="left")
    returns = read_curves(folder, QUANTITIES[main_quantity([folder])], WINDOW)
    _draw(panels[0], "return", returns)
    for panel, diagnostic in zip(panels[1:], shown, strict=False):
        _draw(panel, heading(diagnostic.column), curves_of(diagnostic.column, found))
    for panel in panels[len(shown) + 1 :]:
        panel.remove()
    for panel in panels[max(0, len(shown) + 1 - COLUMNS) : len(shown) + 1]:
        panel.set_xlabel("environment steps per seed")
        panel.xaxis.set_tick_params(labelbottom=True)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=3, frameon=False)
    return figure


def _draw(axes: Axes, name: str, curves: Curves) -> None:
    draw_curves(axes, curves)
    axes.set_title(name, loc="left", fontsize=10)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if is_logarithmic(curves.values):
        axes.set_yscale("log")
