"""The page of a study and the files beside it."""

from __future__ import annotations

from pathlib import Path

from rlzoo.results.files import write_whole
from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.report.escape import printable
from rlzoo.studies.report.figures import pictures
from rlzoo.studies.report.html import report_html
from rlzoo.studies.report.markdown import report_md
from rlzoo.studies.report.records import results_csv


def write_report(analysis: Analysis, folder: Path) -> None:
    """Write `report.html`, `report.md`, `results.csv` and `figures/` into the folder of a study.

    Each file is whole or absent, and the same analysis gives the same bytes. Raises OSError where one cannot be
    written.
    """
    own = printable(analysis)
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    drawn = []
    for picture in pictures(own):
        write_whole(figures / f"{picture.name}.png", picture.png)
        write_whole(figures / f"{picture.name}.svg", picture.svg)
        drawn.append(picture)
    write_whole(folder / "results.csv", results_csv(own))
    write_whole(folder / "report.md", report_md(own, drawn))
    write_whole(folder / "report.html", report_html(own))
