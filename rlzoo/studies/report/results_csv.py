"""`results.csv`: one row per run, for statistics of your own."""

from __future__ import annotations

import csv
import io

from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.report.escape import spreadsheet


def results_csv(analysis: Analysis) -> str:
    """A row for each cell, environment and seed: levels of the factors, status, and scores in full precision."""
    plan = analysis.plan
    keys = [measure.key for measure in analysis.measures]
    levels = {cell.name: [spreadsheet(cell.levels.get(factor, "")) for factor in plan.factors] for cell in plan.cells}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["cell", *map(spreadsheet, plan.factors), "environment", "seed", "status", *keys])
    for run in analysis.runs:
        scores = [run.scores.get(key) for key in keys]
        cell, environment = spreadsheet(run.cell), spreadsheet(run.environment)
        writer.writerow([cell, *levels[run.cell], environment, run.seed, run.status, *scores])
    return text.getvalue()
