"""Plots as paths in a square of 1,000 by 1,000, which the page stretches, and ticks in percent of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from rlzoo.explaining.content import brief
from rlzoo.explaining.walk import Course, Drawing, Learned, Walk

SIZE = 1_000
TICKS = 4
HUES = 6
"""Colours of lines; further lines begin again."""


@dataclass(frozen=True)
class Tick:
    """A label and its place, in percent from the left or the bottom."""

    place: float
    text: str


@dataclass(frozen=True)
class Curve:
    """A line or points: a path, and the classes that style it."""

    path: str
    classes: str
    label: str = ""


@dataclass(frozen=True)
class Plot:
    """Curves and the ticks of both axes."""

    title: str
    curves: Sequence[Curve]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    x_label: str = ""
    y_label: str = ""
    walk: int | None = None
    """The number of the walk whose batch is shown by dots, in order."""


@dataclass(frozen=True)
class Axis:
    """A range of numbers."""

    low: float
    high: float

    @classmethod
    def of(cls, *arrays: np.ndarray) -> Axis:
        """A range that shows all of these numbers, with some space around them."""
        numbers = np.concatenate([np.ravel(array) for array in arrays]).astype(np.float64)
        numbers = numbers[np.isfinite(numbers)]
        low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 1.0)
        space = 0.05 * (high - low) or abs(high) * 0.05 or 0.5
        return cls(low - space, high + space)

    def place(self, numbers: np.ndarray) -> np.ndarray:
        """Where these numbers are, from 0 to `SIZE`."""
        placed: np.ndarray = (np.asarray(numbers, np.float64) - self.low) * (SIZE / (self.high - self.low))
        return placed

    def ticks(self, whole: bool = False) -> list[Tick]:
        """Labels at round numbers."""
        values = MaxNLocator(TICKS, integer=whole).tick_values(self.low, self.high)
        inside = [float(value) for value in values if self.low <= value <= self.high]
        return [Tick(round(float(self.place(np.array(value))) * 100 / SIZE, 2), brief(value)) for value in inside]


def line(x: np.ndarray, y: np.ndarray) -> str:
    """A path through these points, `[K]` each from 0 to `SIZE`; not where they are not finite."""
    points = [(a, SIZE - b) for a, b in zip(x.tolist(), y.tolist(), strict=True) if np.isfinite(a) and np.isfinite(b)]
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points) if points else ""


def steps(x: np.ndarray, y: np.ndarray) -> str:
    """The same, with a jump halfway between two points instead of a slope."""
    return line(np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]) if len(x) else ""


def dots(x: np.ndarray, y: np.ndarray) -> str:
    """A path of dots, by round ends of lines without a length."""
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return "".join(f"M{a:.1f} {SIZE - b:.1f}h.01" for a, b in pairs if np.isfinite(a) and np.isfinite(b))


def drawn(drawing: Drawing) -> Plot:
    """The chart of a part."""
    x, y = Axis.of(drawing.x), Axis.of(*(it.y for it in drawing.lines))
    curves = [
        Curve(line(x.place(drawing.x), y.place(it.y)), f"hue{place % HUES}{' dashed' * (place > 0)}", it.name)
        for place, it in enumerate(drawing.lines)
    ]
    return Plot(drawing.title, curves, x.ticks(), y.ticks(), drawing.x_label)


def errors(learned: Learned, walk: int) -> Plot | None:
    """Predictions and targets of the batch; on the diagonal the error is zero. None where one of them is not known."""
    if not {"prediction", "target"} <= learned.samples.keys():
        return None
    prediction, target = (learned.samples[name].astype(np.float64) for name in ("prediction", "target"))
    axis = Axis.of(prediction, target)
    ends = axis.place(np.array([axis.low, axis.high]))
    curves = [
        Curve(line(ends, ends), "grey", "prediction = target"),
        Curve(dots(axis.place(prediction), axis.place(target)), "dots hue0", "transitions of the batch"),
    ]
    return Plot("Prediction and target", curves, axis.ticks(), axis.ticks(), "prediction", "target", walk)


def ages(learned: Learned, walk: int) -> Plot | None:
    """The ages of the batch, and priorities or else absolute TD errors; None where ages are not known."""
    samples = learned.samples
    if "age" not in samples:
        return None
    name, values = ("priority", samples["priority"]) if "priority" in samples else ("|error|", np.abs(samples["error"]))
    x, y = Axis.of(np.append(samples["age"], 0)), Axis.of(np.append(values, 0))
    curves = [Curve(dots(x.place(samples["age"]), y.place(values)), "dots hue2", "transitions of the batch")]
    return Plot(f"Age and {name}", curves, x.ticks(whole=True), y.ticks(), "age in transitions", name, walk)


def course_axis(courses: Sequence[Course]) -> Axis:
    """The range of all Q values and targets, so that courses can be compared."""
    fixed = [it for course in courses for it in course.fixed]
    return Axis.of(*(it.q for it in fixed), *(it.target for it in fixed if it.target is not None), np.zeros(0))


def moving_target(course: Course, y: Axis) -> Plot | None:
    """Q values and targets of fixed transitions over updates; None if there were none."""
    if not len(course.updates):
        return None
    x = Axis.of(course.updates)
    curves = []
    for place, it in enumerate(course.fixed):
        name = f"step {it.step:,}, action {it.action}"
        curves.append(Curve(line(x.place(course.updates), y.place(it.q)), f"hue{place}", f"Q ({name})"))
        if it.target is not None:
            path = steps(x.place(course.updates), y.place(it.target))
            curves.append(Curve(path, f"hue{place} dashed", f"its target ({name})"))
    return Plot("Q values and their targets", curves, x.ticks(whole=True), y.ticks(), "updates", "Q")


def timeline(walk: Walk) -> Plot | None:
    """The Q values of the steps that are played, and the actions; None for continuous actions."""
    known = [it for it in walk.collected if it.q is not None]
    if not known or len(known) < len(walk.collected):
        return None
    q = np.array([it.q for it in known])  # [T, A]
    places = np.arange(len(q))
    x, y = Axis(-0.5, len(q) - 0.5), Axis.of(q)
    curves = [
        Curve(line(x.place(places), y.place(q[:, action])), f"thin hue{action % HUES}", f"Q of action {action}")
        for action in range(min(q.shape[1], HUES))
    ]
    taken = np.array([int(it.action) for it in known])
    random = np.array([not it.greedy for it in known])
    values = q[places, taken]
    for which, classes, label in ((~random, "dots small ink", "greedy"), (random, "dots small few", "not greedy")):
        path = dots(x.place(places[which]), y.place(values[which]))
        curves.append(Curve(path, classes, f"action taken, {label}"))
    ends = x.place(places[[it.terminated or it.truncated for it in known]])
    path = "".join(f"M{end:.1f} 0V{SIZE}" for end in ends.tolist())
    if path:
        curves.append(Curve(path, "grey dashed", "end of an episode"))
    first = known[0].step
    envs = known[1].step - first if len(known) > 1 else 1
    ticks = [
        Tick(round((place + 0.5) * 100 / len(q), 2), f"{first + place * envs:,}")
        for place in range(0, len(q), -(-len(q) // 4))
    ]
    return Plot("Q values of the steps", curves, ticks, y.ticks(), "step", "Q")
