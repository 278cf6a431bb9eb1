"""The picture of a run's diagnostics: a panel for each, over the same steps as the return."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from rlzoo.contracts.diagnostics import DIAGNOSTICS, Diagnostic
from rlzoo.contracts.log import WINDOW
from rlzoo.results.curves import QUANTITIES, Curves, main_quantity, read_curves
from rlzoo.results.diagnosed import POINTS, Found, averaged, is_logarithmic, parts, read_diagnostics
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
        _draw(panel, _heading(diagnostic), _curves(diagnostic.column, found))
    for panel in panels[len(shown) + 1 :]:
        panel.remove()
    for panel in panels[max(0, len(shown) + 1 - COLUMNS) : len(shown) + 1]:
        panel.set_xlabel("environment steps per seed")
        panel.xaxis.set_tick_params(labelbottom=True)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=3, frameon=False)
    return figure


def _curves(column: str, found: Mapping[int, Found]) -> Curves:
    """A diagnostic of the seeds that have it."""
    of_seed = {seed: columns[column] for seed, columns in found.items() if column in columns}
    steps = np.unique(np.concatenate([steps for steps, _ in of_seed.values()]))
    ends = parts(steps[-1], POINTS) if len(steps) > POINTS else steps
    values = [averaged(*series, ends) for series in of_seed.values()]
    last = np.array([ends[np.searchsorted(ends, steps[-1])] for steps, _ in of_seed.values()])
    return Curves(list(of_seed), ends, np.array(values), last)


def _draw(axes: Axes, heading: str, curves: Curves) -> None:
    draw_curves(axes, curves)
    axes.set_title(heading, loc="left", fontsize=10)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if is_logarithmic(curves.values):
        axes.set_yscale("log")


def _heading(diagnostic: Diagnostic) -> str:
    name = diagnostic.label.partition(":")[0]
    return f"{name} ({diagnostic.unit})" if diagnostic.unit else name
