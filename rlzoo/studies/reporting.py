"""Analysing a study and writing its report."""

from __future__ import annotations

from rlzoo.studies.analysis.analyse import analyse
from rlzoo.studies.analysis.tables import Analysis
from rlzoo.studies.execution.study import Study
from rlzoo.studies.report import write_report


def report_study(study: Study) -> Analysis:
    """Analyse what has been trained of a study and write its report. Raises OSError if that cannot be written."""
    analysis = analyse(study.plan, study.trials(), study.failures())
    write_report(analysis, study.path)
    return analysis
