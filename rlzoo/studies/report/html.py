"""`report.html`: one file that needs nothing else, and may ask for nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.report.charts import Json, chart_data
from rlzoo.studies.report.content import Content, content
from rlzoo.studies.report.looks import AT_FIRST, HUES, HUES_IN_THE_DARK, looks, shown_cells
from rlzoo.studies.report.rendering import environment, template_text

NOTES = {
    "curves": "inter-quartile mean over seeds, with its interval",
    "intervals": "inter-quartile mean over seeds, with its interval; the dotted line is the base",
    "profiles": "share of runs whose score is above the value below",
    "interactions": "each line is a level; parallel lines are no interaction",
}


@dataclass(frozen=True)
class Script:
    """A script of the page, with the hash by which its policy lets it run; no other runs."""

    text: Markup

    @property
    def hash(self) -> Markup:
        """As the Content-Security-Policy wants it."""
        digest = hashlib.sha256(self.text.encode()).digest()
        return Markup(f"'sha256-{base64.b64encode(digest).decode()}'")


@dataclass(frozen=True)
class Slot:
    """Where the page's script draws a chart."""

    kind: str
    place: int
    title: str
    note: str
    factors: str = ""


def report_html(analysis: Analysis) -> str:
    """The page."""
    data = chart_data(analysis)
    own = content(analysis)
    plan = analysis.plan
    return (
        environment(html=True)
        .get_template("report.html.jinja")
        .render(
            content=own,
            analysis=analysis,
            data=data,
            slots=list(_slots(own, data)),
            cells=looks(shown_cells(plan), plan.base),
            at_first=AT_FIRST,
            hues=list(zip(HUES, HUES_IN_THE_DARK, strict=True)),
            css=Markup(template_text("page.css")),
            plotly=Script(Markup(get_plotlyjs())),
            script=Script(Markup(template_text("page.js"))),
        )
    )


def _slots(own: Content, data: Json) -> Iterator[Slot]:
    """A chart for each place that has anything of a kind, whatever the measure."""
    names = [place.name for place in own.places]
    for kind in ("curves", "intervals", "profiles"):
        for place in sorted({part["place"] for part in data[kind]}):
            yield Slot(kind, place, names[place], NOTES[kind])
    for place, factors in sorted({(part["place"], tuple(part["factors"])) for part in data["interactions"]}):
        one, other = factors
        yield Slot("interactions", place, f"{names[place]}: {one} × {other}", NOTES["interactions"], ",".join(factors))
