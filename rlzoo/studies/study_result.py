"""The result of a study: its analysis as pandas tables, and where its report is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pandas as pd
from markupsafe import escape

from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.design.plan import Plan
from rlzoo.studies.numbers import count
from rlzoo.studies.report.content import OVER_ALL
from rlzoo.studies.report.escape import printable


class StudyResult:
    """The answer of a study, read from its folder.

    In every table, `environment` is missing (None) in rows about all environments together.
    """

    def __init__(self, path: Path, analysis: Analysis) -> None:
        self.path, self.analysis = path, analysis

    @property
    def plan(self) -> Plan:
        """The cells, environments and seeds of the study."""
        return self.analysis.plan

    @property
    def report(self) -> Path:
        """The report as one HTML file."""
        return self.path / "report.html"

    @property
    def runs(self) -> pd.DataFrame:
        """One row per run: `cell, environment, seed, status` and a column for each measure."""
        rows = [
            {"cell": run.cell, "environment": run.environment, "seed": run.seed, "status": run.status, **run.scores}
            for run in self.analysis.runs
        ]
        return pd.DataFrame(rows)

    @property
    def estimates(self) -> pd.DataFrame:
        """The inter-quartile mean of each cell: `measure, environment, cell, value, low, high, seeds`."""
        return _table(self.analysis.estimates)

    @property
    def comparisons(self) -> pd.DataFrame:
        """Each cell minus the base, with `difference`, `p_value`, `p_holm`, `improvement`, `effect_size` and others."""
        return _table(self.analysis.comparisons)

    @property
    def effects(self) -> pd.DataFrame:
        """Main effects and interactions of a full factorial; empty for other designs."""
        return _table(self.analysis.effects)

    @property
    def curves(self) -> pd.DataFrame:
        """The learning curve of each cell: `cell, environment, step, value, low, high`."""
        tables = [
            pd.DataFrame(
                {
                    "cell": curve.cell,
                    "environment": curve.environment,
                    "step": curve.steps,
                    "value": curve.center,
                    "low": curve.low,
                    "high": curve.high,
                }
            )
            for curve in self.analysis.curves
        ]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    @property
    def conclusions(self) -> pd.DataFrame:
        """What was found: `subject, environment, verdict, text, statistics`."""
        return _table(self.analysis.conclusions)

    @property
    def failures(self) -> pd.DataFrame:
        """Runs that failed or diverged, and invalid cells: `cell, environment, seeds, kind, text`."""
        return _table(self.analysis.failures)

    def __repr__(self) -> str:
        plan = self.plan
        size = ", ".join(
            count(len(parts), noun)
            for parts, noun in ((plan.cells, "cell"), (plan.environments, "environment"), (plan.seeds, "seed"))
        )
        found = [f"  {_place(line.environment)}: {line.text}" for line in printable(self.analysis).conclusions]
        return "\n".join([f"StudyResult({str(self.path)!r}: {size})", *found])

    def _repr_html_(self) -> str:
        """The conclusions as a table, for notebooks."""
        shown = printable(self.analysis)
        rows = "".join(
            f"<tr><td>{escape(_place(line.environment))}</td><td>{escape(line.verdict)}</td>"
            f"<td>{escape(line.text)}<br><small>{escape(line.statistics)}</small></td></tr>"
            for line in shown.conclusions
        )
        head = "<tr><th>environment</th><th>verdict</th><th>conclusion</th></tr>"
        report = f"<p>Report: <code>{escape(str(self.report))}</code></p>"
        return f"<table><caption>{escape(shown.plan.name)}</caption>{head}{rows}</table>{report}"


def _place(environment: str | None) -> str:
    return OVER_ALL if environment is None else environment


def _table(records: Sequence[msgspec.Struct]) -> pd.DataFrame:
    """One row per record; an estimate `x` becomes the columns `x`, `x_low` and `x_high`."""
    return pd.DataFrame([_row(msgspec.to_builtins(record)) for record in records])


def _row(record: dict[str, object]) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value.keys() == {"value", "low", "high"}:
            bounds = {"low": value["low"], "high": value["high"]}
            prefix = "" if name == "estimate" else f"{name}_"
            row |= {name if prefix else "value": value["value"], **{f"{prefix}{k}": v for k, v in bounds.items()}}
        else:
            row[name] = value
    return row
