"""Writes the report of a study: page, Markdown, table and figures."""

from __future__ import annotations

from pathlib import Path

from rlzoo.results.files import write_whole
from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.report.escape import printable
from rlzoo.studies.report.figures import pictures
from rlzoo.studies.report.html import report_html
from rlzoo.studies.report.markdown import report_md
from rlzoo.studies.report.results_csv import results_csv


def write_report(analysis: Analysis, folder: Path) -> None:
    """Write `report.html`, `report.md`, `results.csv` and `figures/` into the folder of a study.

    Each file is written atomically, and the same analysis gives the same bytes. Raises OSError if one cannot be
    written.
    """
    analysis = printable(analysis)
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    drawn = []
    for picture in pictures(analysis):
        write_whole(figures / f"{picture.name}.png", picture.png)
        write_whole(figures / f"{picture.name}.svg", picture.svg)
        drawn.append(picture)
    write_whole(folder / "results.csv", results_csv(analysis))
    write_whole(folder / "report.md", report_md(analysis, drawn))
    write_whole(folder / "report.html", report_html(analysis))
