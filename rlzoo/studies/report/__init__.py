"""A study's answer as a page, as Markdown, as a table of all runs and as figures for a paper."""

from rlzoo.studies.report.page import write_report

__all__ = ["write_report"]
