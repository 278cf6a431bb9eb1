"""The report of a study: an HTML page, Markdown, a table of all runs, and figures for a paper."""

from rlzoo.studies.report.page import write_report

__all__ = ["write_report"]
