"""Escapes untrusted text for spreadsheets, and HTML with code. Jinja escapes other HTML."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from markupsafe import Markup, escape

from rlzoo.results.escape import without_unprintable
from rlzoo.studies.analysis.tables import Analysis

CODE = re.compile("`([^`]+)`")
FORMULA = re.compile(r"[=+\-@\t]")


def printable(analysis: Analysis) -> Analysis:
    """The same analysis with every unprintable character replaced by `�`."""
    return msgspec.convert(_printable(msgspec.to_builtins(analysis, enc_hook=_plain)), Analysis)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return without_unprintable(value)
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {_printable(key): _printable(item) for key, item in value.items()}
    return value


def _plain(number: Any) -> Any:
    """Convert NumPy numbers."""
    return number.item()


def code(text: str) -> Markup:
    """HTML in which text between backticks is code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def spreadsheet(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula. Numbers are unchanged."""
    return f"'{text}" if FORMULA.match(text) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
