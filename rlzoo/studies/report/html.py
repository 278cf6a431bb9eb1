"""`report.html`: one self-contained file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.report.charts import Json, chart_data
from rlzoo.studies.report.content import Content, content, label
from rlzoo.studies.report.rendering import environment, template_text
from rlzoo.studies.report.styles import HUES, HUES_IN_THE_DARK, SHOWN_AT_FIRST, cell_styles, shown_cells

NOTES = {
    "diagnostics": "Inter-quartile mean over seeds with its CI.",
    "curves": "Inter-quartile mean over seeds with its CI.",
    "intervals": "Inter-quartile mean over seeds with its CI; the dotted line is the base.",
    "profiles": "Share of runs with a score above the value on the x-axis.",
    "interactions": "Each line is a level; parallel lines mean no interaction.",
}


@dataclass(frozen=True)
class Script:
    """A script of the page with its hash, which the page's security policy requires."""

    text: Markup

    @property
    def hash(self) -> Markup:
        """In the form of a Content-Security-Policy."""
        digest = hashlib.sha256(self.text.encode()).digest()
        return Markup(f"'sha256-{base64.b64encode(digest).decode()}'")


@dataclass(frozen=True)
class Slot:
    """A place where the page's script draws a chart."""

    kind: str
    place: int
    title: str
    note: str
    factors: str = ""
    column: str = ""


def report_html(analysis: Analysis) -> str:
    """The report as an HTML page."""
    data = chart_data(analysis)
    text = content(analysis)
    plan = analysis.plan
    return (
        environment(html=True)
        .get_template("report.html.jinja")
        .render(
            content=text,
            analysis=analysis,
            data=data,
            slots=list(_slots(analysis, text, data)),
            cells=cell_styles(shown_cells(plan), plan.base),
            at_first=SHOWN_AT_FIRST,
            hues=list(zip(HUES, HUES_IN_THE_DARK, strict=True)),
            css=Markup(template_text("page.css")),
            plotly=Script(Markup(get_plotlyjs())),
            script=Script(Markup(template_text("page.js"))),
        )
    )


def _slots(analysis: Analysis, text: Content, data: Json) -> Iterator[Slot]:
    """A chart for each place that has data of a kind for any measure."""
    names = [place.name for place in text.places]
    for kind in ("curves", "intervals", "profiles"):
        for place in sorted({part["place"] for part in data[kind]}):
            yield Slot(kind, place, names[place], NOTES[kind])
    for measure in analysis.measures:
        for place in sorted({part["place"] for part in data["diagnostics"] if part["column"] == measure.key}):
            where = "" if len(analysis.plan.environments) == 1 else f"{names[place]}: "
            yield Slot("diagnostics", place, where + label(measure, ""), NOTES["diagnostics"], column=measure.key)
    for place, factors in sorted({(part["place"], tuple(part["factors"])) for part in data["interactions"]}):
        one, other = factors
        yield Slot("interactions", place, f"{names[place]}: {one} × {other}", NOTES["interactions"], ",".join(factors))
