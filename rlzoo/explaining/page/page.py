"""From explanations to the page."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from rlzoo.explaining.content import (
    Section,
    brief,
    filled,
    plain_formula,
    q_values,
    said_numbers,
    sample_table,
    sections,
)
from rlzoo.explaining.page.plots import Axis, Plot, ages, course_axis, drawn, errors, moving_target, timeline
from rlzoo.explaining.plain import shown
from rlzoo.explaining.walk import Collected, Said, Update, Walk
from rlzoo.results.escape import without_unprintable
from rlzoo.studies.report.html import Script
from rlzoo.studies.report.rendering import environment, template_text
from rlzoo.studies.report.styles import HUES, HUES_IN_THE_DARK

PACKAGE = "rlzoo.explaining.page"


@dataclass(frozen=True)
class Bar:
    """A bar with its label: from `start` on, `width` wide, in percent."""

    label: str
    text: str
    start: float
    width: float
    marked: bool = False


@dataclass(frozen=True)
class View:
    """A walk as the page shows it."""

    walk: Walk
    sections: Mapping[str, Section]
    plots: Mapping[str, Plot]
    bars: Mapping[str, Sequence[Bar]]
    formula: str
    filled: str


def page_html(walks: Sequence[Walk], command: str) -> str:
    """The page as text; the same explanations give the same bytes."""
    axis = course_axis([it.course for it in walks])
    views = [_view(walk, number, axis) for number, walk in enumerate(walks)]
    keys = list(dict.fromkeys(key for view in views for key in view.sections))
    text = (
        environment(html=True, package=PACKAGE)
        .get_template("explain.html.jinja")
        .render(
            views=views,
            stages=[(key, next(view.sections[key].title for view in views if key in view.sections)) for key in keys],
            title=_title(walks),
            command=command,
            hues=list(zip(HUES, HUES_IN_THE_DARK, strict=True)),
            data=[_data(walk) for walk in walks],
            picture=data_uri,
            shown=shown,
            brief=brief,
            sample_table=sample_table,
            said_numbers=said_numbers,
            drawn=drawn,
            css=Markup(template_text("page.css")) + Markup(_text("explain.css")),
            script=Script(Markup(_text("explain.js"))),
        )
    )
    return without_unprintable(text)


def _text(name: str) -> str:
    return (files(PACKAGE) / "templates" / name).read_text("utf-8")


def _title(walks: Sequence[Walk]) -> str:
    names = " and ".join(walk.title for walk in walks)
    environments = " and ".join(dict.fromkeys(walk.environment for walk in walks))
    return f"One step of {names} on {environments}"


def _view(walk: Walk, number: int, axis: Axis) -> View:
    learned = walk.learned
    plots = {"course": moving_target(walk.course, axis), "timeline": timeline(walk)}
    formula, numbers = "", ""
    if learned is not None:
        plots |= {"errors": errors(learned, number), "ages": ages(learned, number)}
        formula = plain_formula(learned.formula)
        numbers = filled(learned.formula, learned.samples, 0)
    return View(
        walk=walk,
        sections={section.key: section for section in sections(walk)},
        plots={name: plot for name, plot in plots.items() if plot is not None},
        bars=_bars(walk),
        formula=formula,
        filled=numbers,
    )


def _bars(walk: Walk) -> dict[str, list[Bar]]:
    found: dict[str, list[Bar]] = {}
    if walk.collected and walk.collected[0].q is not None:
        first = walk.collected[0]
        rows = [(f"action {place}", value) for place, value in enumerate(q_values(first))]
        found["value"] = _scaled(rows, int(first.action))
    if walk.learned is not None:
        layers = walk.learned.layers
        found["gradient"] = _scaled([(_layer(it.name, it.shape), it.gradient) for it in layers])
        found["optimize"] = _scaled([(_layer(it.name, it.shape), it.change) for it in layers])
    return found


def _layer(name: str, shape: Sequence[int]) -> str:
    return f"{name} [{' × '.join(map(str, shape))}]"


def _scaled(rows: Sequence[tuple[str, float | str]], marked: int = -1) -> list[Bar]:
    """Bars from zero, on a common scale; none for texts."""
    values = [value if isinstance(value, float) and math.isfinite(value) else 0.0 for _, value in rows]
    low, high = min(0.0, *values), max(0.0, *values)
    scale = 100 / (high - low or 1.0)
    return [
        Bar(label, shown(known), (min(value, 0.0) - low) * scale, abs(value) * scale, place == marked)
        for place, ((label, known), value) in enumerate(zip(rows, values, strict=True))
    ]


def data_uri(picture: bytes | None) -> str:
    """A PNG as an address, "" if there is none."""
    return "" if picture is None else "data:image/png;base64," + base64.b64encode(picture).decode()


def _data(walk: Walk) -> dict[str, Any]:
    """What the page's script needs: the steps to play, and the numbers of the batch."""
    by_step = {update.step: update for update in walk.updates}
    learned = walk.learned
    samples = {} if learned is None else {name: plain(values) for name, values in learned.samples.items()}
    return {
        "frames": [_frame(it, by_step.get(it.step)) for it in walk.collected],
        "samples": samples,
        "formula": "" if learned is None else learned.formula,
    }


def _frame(it: Collected, update: Update | None) -> dict[str, Any]:
    return {
        "step": it.step,
        "episode": it.episode,
        "place": it.place,
        "picture": data_uri(it.picture),
        "observation": plain(it.observation) if it.observation.size <= 64 else None,
        "q": None if it.q is None else plain(it.q),
        "action": plain(it.action),
        "greedy": it.greedy,
        "choice": _sentence(it.chosen),
        "reward": it.reward,
        "end": "terminated" if it.terminated else "truncated" if it.truncated else "",
        "update": None if update is None else vars(update),
    }


def _sentence(said: Said) -> str:
    return said.sentence or said.summary


def plain(array: np.ndarray) -> Any:
    """Numbers as JSON has them, exactly; None where they are not finite."""
    values = np.asarray(array)
    if values.dtype.kind != "f":
        return values.tolist()
    numbers = values.astype(object)
    numbers[~np.isfinite(values)] = None
    return numbers.tolist()
