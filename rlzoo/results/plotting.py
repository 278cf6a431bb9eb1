"""Figures of runs: learning curves of one run, seed by seed, or of several runs for comparison."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.log import WINDOW
from rlzoo.results.bootstrap import interquartile_curve
from rlzoo.results.curves import QUANTITIES, Curves, main_quantity, read_curves
from rlzoo.results.diagnosed import heading, is_logarithmic, read_metric
from rlzoo.results.files import shown, write_whole
from rlzoo.results.run_folder import RunFolder
from rlzoo.results.statistics import FEWEST_SEEDS
from rlzoo.results.thresholds import reward_threshold

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""A palette that is safe for colour-blind readers (Okabe and Ito, 2008)."""
DASHES = ("-", "--", ":", "-.")
FEWEST_TRIMMED = 4
"""Seeds from which an inter-quartile mean leaves any out; below, it is the mean."""
FORMATS = (".pdf", ".png", ".svg")


def draw_run(path: Path) -> None:
    """Draw `returns.png` of the run in the folder `path`. Raises OSError if it cannot be written."""
    folder = RunFolder(path)
    write_whole(path / "returns.png", encoded(draw([folder], main_quantity([folder])), "png"))


def draw(folders: Sequence[RunFolder], name: str, last: int = WINDOW) -> Figure:
    """Draw one run seed by seed, or compare several runs.

    `name` is a key of `QUANTITIES`, of which each point is the mean of the `last` episodes, or a column of metrics.csv.
    Raises BadInput for a run without it.
    """
    quantity = QUANTITIES.get(name)
    curves = {
        _name(folder, folders): read_curves(folder, quantity, last) if quantity else read_metric(folder, name)
        for folder in folders
    }
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    if len(folders) == 1:
        draw_curves(axes, *curves.values())
        axes.set_title(title(folders[0]), loc="left")
    else:
        _draw_several(axes, curves)
        axes.set_title(_common_title(folders), loc="left")
    if quantity and quantity.is_return:
        _draw_levels(axes, folders)
    if not quantity and is_logarithmic(np.concatenate([run.values.ravel() for run in curves.values()])):
        axes.set_yscale("log")
    label, lacking = heading(name), "no row of metrics.csv has it"
    if quantity:
        label, lacking = quantity.label.format(last=last), "no episode has finished"
    _dress(axes, label, lacking)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format of its extension, atomically. Raises BadInput for an unknown extension."""
    if path.suffix.lower() not in FORMATS:
        raise BadInput(f"`{shown(path)}` has no known image extension; use one of {', '.join(FORMATS)}")
    picture = encoded(figure, path.suffix[1:].lower())
    try:
        write_whole(path, picture)
    except OSError as error:
        raise BadInput(f"cannot write `{shown(path)}`: {error.strerror}") from error


def encoded(figure: Figure, file_format: str) -> bytes:
    """The figure as a file of this format."""
    picture = io.BytesIO()
    figure.savefig(picture, format=file_format, dpi=150)
    return picture.getvalue()


def draw_curves(axes: Axes, curves: Curves) -> None:
    """Draw one run: its seeds, their mean, and its interval where there are enough of them."""
    _draw_seeds(axes, curves, COLOURS[0], "one seed")
    if len(curves.seeds) > 1:
        kind = "inter-quartile mean" if len(curves.seeds) >= FEWEST_TRIMMED else "mean"
        _draw_mean(axes, curves, COLOURS[0], "-", f"{kind} of {len(curves.seeds)} seeds")
        _draw_interval(axes, curves, COLOURS[0], "95% CI (bootstrap over seeds)")


def _draw_several(axes: Axes, curves: Mapping[str, Curves]) -> None:
    for number, (name, run) in enumerate(curves.items()):
        colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]
        _draw_mean(axes, run, colour, dashes, f"{name} ({_count(len(run.seeds), 'seed')})")
        if len(run.seeds) < FEWEST_SEEDS:
            _draw_seeds(axes, run, colour, "_")
        else:
            _draw_interval(axes, run, colour, "_")


def _draw_seeds(axes: Axes, curves: Curves, colour: str, label: str) -> None:
    """Draw each seed up to its last step, in bold if it is the only one."""
    width, alpha = (2.2, 1.0) if len(curves.seeds) == 1 else (0.8, 0.35)
    for values, end in zip(curves.values, curves.ends, strict=True):
        shown = np.where(curves.steps <= end, values, np.nan)
        axes.plot(curves.steps, shown, marker=_marker(curves), color=colour, linewidth=width, alpha=alpha, label=label)
        label = "_"  # one entry in the legend is enough


def _draw_mean(axes: Axes, curves: Curves, colour: str, dashes: str, label: str) -> None:
    """Draw the inter-quartile mean, from the step at which every seed has a value."""
    steps, (mean, _, _) = _over_seeds(curves)
    axes.plot(steps, mean, dashes, marker=_marker(curves), color=colour, linewidth=2.2, label=label)


def _draw_interval(axes: Axes, curves: Curves, colour: str, label: str) -> None:
    steps, (_, low, high) = _over_seeds(curves)
    if np.isfinite(low).any():
        axes.fill_between(steps, low, high, color=colour, alpha=0.2, linewidth=0, label=label)


def _draw_levels(axes: Axes, folders: Sequence[RunFolder]) -> None:
    """Draw the return of a random policy, and the one from which Gymnasium calls an environment solved."""
    if len({folder.environment for folder in folders}) > 1 or not _has_points(axes):
        return
    random = next((folder.random_return for folder in folders if folder.random_return is not None), None)
    levels = {
        "random policy": None if random is None else random.mean,
        "reward threshold": reward_threshold(folders[0].environment),
    }
    for (label, level), dashes in zip(levels.items(), (":", "--"), strict=True):
        if level is not None:
            axes.axhline(level, linestyle=dashes, color="#666666", linewidth=1.2, label=f"{label} ({level:.4g})")


def _has_points(axes: Axes) -> bool:
    return any(np.isfinite(line.get_ydata()).any() for line in axes.lines)


def _over_seeds(curves: Curves) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The steps at which every seed has a value, and there the inter-quartile mean with its interval."""
    known = np.isfinite(curves.values).all(0) & bool(curves.seeds)
    return curves.steps[known], interquartile_curve(curves.values[:, known])


def _marker(curves: Curves) -> str:
    """Dots if there are so few points that a line alone would hide them."""
    return "." if len(curves.steps) < 30 else ""


def _dress(axes: Axes, label: str, lacking: str) -> None:
    axes.set_xlabel("environment steps per seed")
    axes.set_ylabel(label)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if _has_points(axes):
        axes.legend(frameon=False)
    else:
        axes.text(0.5, 0.5, f"Nothing to show yet: {lacking}", ha="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])


def title(folder: RunFolder) -> str:
    """What was trained, and anything that limits how the figure can be read."""
    where = f" on {folder.environment}" if folder.environment else ""
    return f"{folder.algorithm}{where}, {', '.join(_remarks(folder))}"


def _remarks(folder: RunFolder) -> list[str]:
    """The number of seeds, and anything that limits how the figure can be read."""
    diverged = len(folder.diverged)
    remarks = [_count(len(folder.seeds), "seed"), f"{diverged} diverged" if diverged else ""]
    status = folder.status
    return [remark for remark in (*remarks, "" if status == "finished" else status) if remark]


def _common_title(folders: Sequence[RunFolder]) -> str:
    """The environments, what the bands are, and how many seeds diverged."""
    where = " and ".join(dict.fromkeys(folder.environment for folder in folders if folder.environment))
    diverged = sum(len(folder.diverged) for folder in folders)
    seeds = [len(folder.seeds) for folder in folders]
    means = "inter-quartile means" if max(seeds) >= FEWEST_TRIMMED else "means" if max(seeds) > 1 else ""
    intervals = " with 95% CIs" if max(seeds) >= FEWEST_SEEDS else ""
    return ", ".join(
        filter(None, [where, means + intervals, f"{_count(diverged, 'seed')} diverged" if diverged else ""])
    )


def _name(folder: RunFolder, folders: Sequence[RunFolder]) -> str:
    """The folder's name, or the part of its path that tells it from others with the same name."""
    paths = [it.path.resolve() for it in folders]
    own = folder.path.resolve()
    twins = [path.parts for path in paths if path.name == own.name]
    if len(twins) == 1:
        return own.name
    before, after = _common(twins), _common([parts[::-1] for parts in twins])
    return "/".join(own.parts[before : len(own.parts) - after]) or own.name


def _common(lists: Sequence[Sequence[str]]) -> int:
    """How many items at the beginning are the same in all lists."""
    return sum(1 for _ in takewhile(lambda items: len(set(items)) == 1, zip(*lists, strict=False)))


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
