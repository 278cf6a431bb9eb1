"""The Jinja templates of the HTML and Markdown reports."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from rlzoo.results.escape import fenced, markdown
from rlzoo.studies.report.content import short
from rlzoo.studies.report.escape import code

PACKAGE = "rlzoo.studies.report"


def environment(*, html: bool, package: str = PACKAGE) -> Environment:
    """Templates with automatic escaping for HTML; those of Markdown escape with filters.

    Templates of another `package` may use those of this one.
    """
    templates = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(PACKAGE)]),
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
    return (files(PACKAGE) / "templates" / name).read_text(encoding="utf-8")
