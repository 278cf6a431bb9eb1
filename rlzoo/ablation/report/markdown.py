"""`report.md`: the report for a repository, an issue or a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rlzoo.ablation.analysis import Analysis
from rlzoo.ablation.report.content import content
from rlzoo.ablation.report.figures import Picture
from rlzoo.ablation.report.rendering import environment


def report_md(analysis: Analysis, figures: Sequence[Picture]) -> str:
    """The report, with links to the figures."""
    template = environment(html=False).get_template("report.md.jinja")
    return template.render(content=content(analysis), analysis=analysis, figures=figures)
