"""The templates of the page and of the Markdown, beside this file."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from rlzoo.studies.report.content import short
from rlzoo.studies.report.escape import code, fenced, markdown


def environment(*, html: bool) -> Environment:
    """Templates that escape all they are given for HTML; those of Markdown use its filters instead."""
    own = Environment(
        loader=PackageLoader("rlzoo.studies.report"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    own.filters |= {"code": code, "fenced": fenced, "markdown": markdown, "short": short}
    return own


def template_text(name: str) -> str:
    """A file that goes into the page as it is."""
    return (files("rlzoo.studies.report") / "templates" / name).read_text(encoding="utf-8")
