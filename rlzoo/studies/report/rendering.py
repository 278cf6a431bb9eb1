"""The Jinja templates of the HTML and Markdown reports."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from rlzoo.results.escape import fenced, markdown
from rlzoo.studies.report.content import short
from rlzoo.studies.report.escape import code


def environment(*, html: bool) -> Environment:
    """Templates with automatic escaping for HTML; those of Markdown escape with filters."""
    templates = Environment(
        loader=PackageLoader("rlzoo.studies.report"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"code": code, "fenced": fenced, "markdown": markdown, "short": short}
    return templates


def template_text(name: str) -> str:
    """A file that is included in the page unchanged."""
    return (files("rlzoo.studies.report") / "templates" / name).read_text(encoding="utf-8")
