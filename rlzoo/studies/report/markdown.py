"""`report.md`: the report in Markdown, for a repository or an issue."""

from __future__ import annotations

from collections.abc import Sequence

from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.report.content import content
from rlzoo.studies.report.figures import Picture
from rlzoo.studies.report.rendering import environment


def report_md(analysis: Analysis, figures: Sequence[Picture]) -> str:
    """The report in Markdown, with links to the figures."""
    template = environment(html=False).get_template("report.md.jinja")
    return template.render(content=content(analysis), analysis=analysis, figures=figures)
