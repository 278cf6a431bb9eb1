"""Figures of runs: how something develops over the steps, for one run in detail or for several side by side."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from rlzoo.contracts.errors import BadInput
from rlzoo.results.curves import QUANTITIES, Curves, read_curves
from rlzoo.results.files import write_whole
from rlzoo.results.run_folder import RunFolder
from rlzoo.results.statistics import FEWEST_SEEDS, interquartile_mean, interval

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Message apart by everyone (Okabe and Ito, 2008)."""
DASHES = ("-", "--", ":", "-.")
FORMATS = (".pdf", ".png", ".svg")


def draw_run(path: Path) -> None:
    """Draw `returns.png` of the run in the folder `path`. Raises OSError where it cannot be written."""
    write_whole(path / "returns.png", _encoded(draw([RunFolder(path)], "return", 100), "png"))


def draw(folders: Sequence[RunFolder], name: str, last: int) -> Figure:
    """One run seed by seed, or several runs against each other; `name` is a key of `QUANTITIES`.

    Running means are over the last `last` episodes. Raises BadInput for a run without what is to be shown.
    """
    quantity = QUANTITIES[name]
    curves = {_name(folder, folders): read_curves(folder, quantity, last) for folder in folders}
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    if len(folders) == 1:
        _draw_one(axes, *curves.values())
        axes.set_title(_title(folders[0]), loc="left")
    else:
        _draw_several(axes, curves)
        axes.set_title(_common_title(folders), loc="left")
    _dress(axes, quantity.label.format(last=last))
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a picture, whole or not at all, in the format its name ends with. Raises BadInput for another ending."""
    if path.suffix.lower() not in FORMATS:
        raise BadInput(f"`{path}`: a picture's name ends with one of {', '.join(FORMATS)}")
    picture = _encoded(figure, path.suffix[1:].lower())
    try:
        write_whole(path, picture)
    except OSError as error:
        raise BadInput(f"cannot write `{path}`: {error.strerror}") from error


def _encoded(figure: Figure, file_format: str) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format=file_format, dpi=150)
    return picture.getvalue()


def _draw_one(axes: Axes, curves: Curves) -> None:
    _draw_seeds(axes, curves, COLOURS[0], "one seed")
    if len(curves.seeds) > 1:
        _draw_together(axes, curves, COLOURS[0], "-", f"inter-quartile mean of {len(curves.seeds)} seeds")
        _draw_interval(axes, curves, COLOURS[0], "95 % interval of it (bootstrap over seeds)")


def _draw_several(axes: Axes, curves: Mapping[str, Curves]) -> None:
    for number, (name, own) in enumerate(curves.items()):
        colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]
        _draw_together(axes, own, colour, dashes, f"{name} ({_count(len(own.seeds), 'seed')})")
        if len(own.seeds) < FEWEST_SEEDS:
            _draw_seeds(axes, own, colour, "_")
        else:
            _draw_interval(axes, own, colour, "_")


def _draw_seeds(axes: Axes, curves: Curves, colour: str, label: str) -> None:
    """Each seed up to its end: boldly where it is alone."""
    width, alpha = (2.2, 1.0) if len(curves.seeds) == 1 else (0.8, 0.35)
    for values, end in zip(curves.values, curves.ends, strict=True):
        shown = np.where(curves.steps <= end, values, np.nan)
        axes.plot(curves.steps, shown, marker=_marker(curves), color=colour, linewidth=width, alpha=alpha, label=label)
        label = "_"  # one entry in the legend is enough


def _draw_together(axes: Axes, curves: Curves, colour: str, dashes: str, label: str) -> None:
    """The inter-quartile mean, from where every seed has a value."""
    steps, values = _complete(curves)
    together = interquartile_mean(values) if len(steps) else steps
    axes.plot(steps, together, dashes, marker=_marker(curves), color=colour, linewidth=2.2, label=label)


def _draw_interval(axes: Axes, curves: Curves, colour: str, label: str) -> None:
    steps, values = _complete(curves)
    bands = [interval(at_step, interquartile_mean) for at_step in values]
    bounds = np.array([band for band in bands if band])
    if len(bounds):
        axes.fill_between(steps, bounds[:, 0], bounds[:, 1], color=colour, alpha=0.2, linewidth=0, label=label)


def _complete(curves: Curves) -> tuple[np.ndarray, np.ndarray]:
    """The steps at which every seed has a value, and these values `[G, S]`."""
    known = np.isfinite(curves.values).all(0) & bool(curves.seeds)
    return curves.steps[known], curves.values[:, known].T


def _marker(curves: Curves) -> str:
    """Dots where there are so few points that a line alone would hide them."""
    return "." if len(curves.steps) < 30 else ""


def _dress(axes: Axes, label: str) -> None:
    axes.set_xlabel("environment steps per seed")
    axes.set_ylabel(label)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if any(np.isfinite(line.get_ydata()).any() for line in axes.lines):
        axes.legend(frameon=False)
    else:
        axes.text(0.5, 0.5, "nothing to show yet: no episode is finished", ha="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])


def _title(folder: RunFolder) -> str:
    return f"{folder.algorithm} on {folder.environment}, {', '.join(_remarks(folder))}"


def _remarks(folder: RunFolder) -> list[str]:
    """How many seeds, and what a reader of the figure must know."""
    diverged = len(folder.diverged)
    remarks = [_count(len(folder.seeds), "seed"), f"{diverged} of them diverged" if diverged else ""]
    status = folder.manifest["status"]
    return [remark for remark in (*remarks, "" if status == "finished" else status) if remark]


def _common_title(folders: Sequence[RunFolder]) -> str:
    """The environments, and what the legend has no room for."""
    where = " and ".join(dict.fromkeys(folder.environment for folder in folders))
    diverged = sum(len(folder.diverged) for folder in folders)
    remark = f", {_count(diverged, 'seed')} diverged" if diverged else ""
    return f"{where}, inter-quartile means with 95 % intervals{remark}"


def _name(folder: RunFolder, folders: Sequence[RunFolder]) -> str:
    """The folder's name, or its whole path where another has the same name."""
    same = sum(other.path.resolve().name == folder.path.resolve().name for other in folders) > 1
    return str(folder.path) if same else folder.path.resolve().name


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
